/**
 * Open a bundle: seal, manifest, files, and only then what is in them. Mirrors edgener/bundle/verify.py.
 *
 * manifest.sha256 covers manifest.json and manifest.json covers every other file. The hashes show damage and mix-ups,
 * not authorship: whoever can rewrite the files can rewrite them too.
 */

import { line, NerError } from "../errors.js";
import { checkLabels } from "../text/labels.js";
import { GOLDEN, LABELS, MANIFEST, maxBytes, MODEL, ORT_MODEL, SEAL, TOKENIZER, variantFile, WEIGHTS } from "./layout.js";
import { isTable, type Manifest, readManifest, type Table } from "./manifest.js";
import type { Source } from "./source.js";

export type Bytes = Uint8Array<ArrayBuffer>;
export type OnProgress = (loaded: number, total: number) => void;

/** A bundle whose hashes hold and whose manifest, labels and golden sentences are well formed. */
export interface Bundle {
  readonly where: string;
  readonly manifest: Manifest;
  readonly labels: readonly string[];
  readonly golden: readonly Table[];
  /** The parsed tokenizer.json. */
  readonly tokenizer: unknown;
  /** The sum of all its files. */
  readonly bytes: number;
}

/** Apart from the bundle, so that nothing holds it any more once ONNX Runtime has its own copy. */
export interface Network {
  readonly graph: Bytes;
  readonly weights: Bytes | null;
}

/** `variant`: another of its graphs. NerError, one line, with the first thing that is wrong. */
export async function openBundle(source: Source, variant = "", onProgress?: OnProgress): Promise<[Bundle, Network]> {
  if (typeof crypto === "undefined" || !crypto.subtle) {
    throw new NerError("hashes cannot be checked here: a page needs https, or http on localhost");
  }
  const sealed = await sealedManifest(source);
  const where = source.where + MANIFEST;
  const manifest = readManifest(parsed(sealed, where), where);
  await checkNames(source, manifest);
  const files = await readAll(source, manifest, onProgress);
  const graph = files.get(variant ? variantFile(variant) : manifest.files.has(ORT_MODEL) ? ORT_MODEL : MODEL);
  if (!graph) throw new NerError(`${source.where}: no variant ${variant.slice(0, 40)}`);
  const bundle = {
    where: source.where,
    manifest,
    labels: checkLabels(parsed(files.get(LABELS)!, source.where + LABELS), source.where + LABELS),
    golden: goldenOf(files.get(GOLDEN)!, source.where + GOLDEN),
    tokenizer: parsed(files.get(TOKENIZER)!, source.where + TOKENIZER),
    bytes: [...manifest.files.values()].reduce((sum, file) => sum + file.bytes, sealed.length),
  };
  return [bundle, { graph, weights: files.get(WEIGHTS) ?? null }];
}

async function sealedManifest(source: Source): Promise<Bytes> {
  const seal = await source.read(SEAL, maxBytes(SEAL)!);
  const manifest = await source.read(MANIFEST, maxBytes(MANIFEST)!);
  // In the form that `sha256sum --check` reads.
  if (new TextDecoder().decode(seal) !== `${await sha256(manifest)}  ${MANIFEST}\n`) {
    throw new NerError(`${source.where}${MANIFEST}: sha256 differs from ${SEAL}; the bundle is damaged or was changed`);
  }
  return manifest;
}

async function checkNames(source: Source, manifest: Manifest): Promise<void> {
  const surplus = (await source.names?.())?.find((name) => ![MANIFEST, SEAL].includes(name) && !manifest.files.has(name));
  if (surplus !== undefined) throw new NerError(`${source.where}${surplus}: the manifest does not know this file`);
}

async function readAll(source: Source, manifest: Manifest, onProgress?: OnProgress): Promise<Map<string, Bytes>> {
  const total = [...manifest.files.values()].reduce((sum, file) => sum + file.bytes, 0);
  let loaded = 0;
  const onBytes = (count: number): void => onProgress?.((loaded += count), total);
  const read = async ([name, entry]: [string, { sha256: string; bytes: number }]): Promise<[string, Bytes]> => {
    const data = await source.read(name, entry.bytes, onBytes);
    if (data.length !== entry.bytes) {
      throw new NerError(`${source.where}${name}: ${data.length} bytes, the manifest says ${entry.bytes}`);
    }
    if ((await sha256(data)) !== entry.sha256) {
      throw new NerError(`${source.where}${name}: sha256 differs from the manifest; the bundle is damaged or was changed`);
    }
    return [name, data];
  };
  return new Map(await Promise.all([...manifest.files].map(read)));
}

async function sha256(data: Bytes): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Strict JSON in UTF-8. */
function parsed(data: Bytes, where: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
  } catch (error) {
    throw new NerError(`${where}: not valid JSON (${line(error)})`);
  }
}

function goldenOf(data: Bytes, where: string): Table[] {
  const lines = new TextDecoder().decode(data).split("\n");
  return lines.filter(Boolean).map((text, at) => {
    const record = parsed(new TextEncoder().encode(text), `${where}:${at + 1}`);
    if (!isTable(record) || typeof record["text"] !== "string") {
      throw new NerError(`${where}:${at + 1}: not a golden sentence (no text)`);
    }
    return record;
  });
}
