/** What a manifest must say before anything else of its bundle is believed. Mirrors edgener/bundle/verify.py. */

import { NerError } from "../errors.js";
import { SPLITTERS, type Splitter } from "../text/words.js";
import { maxBytes, wrongFiles } from "./layout.js";

const SCHEMA = 1;
const MOST_WINDOW = 65_536;
const MOST_ID = 2 ** 31 - 1;

export type Table = Record<string, unknown>;

export interface FileEntry {
  readonly sha256: string;
  readonly bytes: number;
}

/** Lengths in pieces, special tokens included. */
export interface DecodeSpec {
  readonly splitter: Splitter;
  readonly maxLength: number;
  readonly stride: number;
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
  readonly pad: number;
}

export interface Manifest {
  readonly name: string;
  readonly languages: readonly string[];
  /** Null when the bundle passed its gate, else why it did not. */
  readonly ungated: string | null;
  readonly minOnnxRuntime: string;
  /** The --target that it was exported for, if any; what that needs of each machine, any one of which will do. */
  readonly target: string | null;
  readonly needs: ReadonlyMap<string, readonly string[]>;
  /** The same, for int8 sums that cannot saturate. */
  readonly exactWith: ReadonlyMap<string, readonly string[]>;
  readonly licences: readonly string[];
  readonly decode: DecodeSpec;
  readonly files: ReadonlyMap<string, FileEntry>;
}

/** `document`: the parsed manifest.json; `where` it stands. NerError with the first thing that is wrong. */
export function readManifest(document: unknown, where: string): Manifest {
  if (!isTable(document) || document["kind"] !== "bundle") throw new NerError(`${where}: not the manifest of a bundle`);
  const schema = document["schema"];
  if (!isCount(schema) || schema < 1 || schema > SCHEMA) {
    throw new NerError(`${where}: bundle schema ${shown(schema)}, this version reads up to ${SCHEMA}; update it`);
  }
  const { name, gate, model, languages, licences } = document;
  if (typeof name !== "string" || !isTable(gate) || !isTable(model) || !Array.isArray(languages)) {
    throw new NerError(`${where}: 'name', 'gate', 'model' or 'languages' is missing; not a manifest this version writes`);
  }
  if (typeof gate["passed"] !== "boolean") throw new NerError(`${where}: gate.passed is neither true nor false`);
  const data = isTable(licences) && Array.isArray(licences["data"]) ? licences["data"] : [];
  return {
    name: printable(name),
    languages: languages.slice(0, 500).map(printable),
    ungated: gate["passed"] ? null : printable(gate["why"] ?? "no reason given"),
    minOnnxRuntime: version(model["min_onnxruntime"], where),
    target: model["target"] === undefined ? null : printable(model["target"]),
    needs: features(model["needs"]),
    exactWith: features(model["exact_with"]),
    licences: data.slice(0, 100).map(printable),
    decode: decodeSpec(document["decode"], where),
    files: fileTable(document["files"], where),
  };
}

/** {machine: features}; whatever is no such table asks nothing, as in Python. */
function features(asked: unknown): Map<string, string[]> {
  const entries = isTable(asked) ? Object.entries(asked) : [];
  const lists = entries.flatMap(([name, list]) => (Array.isArray(list) ? [[name, list] as const] : []));
  return new Map(lists.map(([name, list]) => [name, list.slice(0, 20).map(printable)]));
}

function fileTable(files: unknown, where: string): Map<string, FileEntry> {
  const wrong = isTable(files) ? wrongFiles(Object.keys(files)) : "no table of files";
  if (wrong) throw new NerError(`${where}: does not list exactly the files of a bundle (${wrong})`);
  const table = new Map<string, FileEntry>();
  for (const [name, entry] of Object.entries(files as Table)) {
    const { sha256, bytes } = isTable(entry) ? entry : {};
    if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256) || !isCount(bytes)) {
      throw new NerError(`${where}: files.${name} has no sha256 or no size`);
    }
    const most = maxBytes(name) ?? 0;
    if (bytes > most) throw new NerError(`${where}: ${name}: ${bytes} bytes is more than can be loaded here (${most})`);
    table.set(name, { sha256, bytes });
  }
  return table;
}

function decodeSpec(table: unknown, where: string): DecodeSpec {
  if (!isTable(table)) throw new NerError(`${where}: 'decode' is missing or not a table`);
  const number = (name: string, low: number, high: number): number => {
    const value = table[name];
    if (isCount(value) && value >= low && value <= high) return value;
    throw new NerError(`${where}: decode.${name} is ${shown(value)}; expected a whole number in ${low}..${high}`);
  };
  const ids = (name: string): number[] => {
    const value = table[name];
    if (Array.isArray(value) && value.length <= 8 && value.every((id) => isCount(id) && id <= MOST_ID)) return value;
    throw new NerError(`${where}: decode.${name} is not a short list of token ids`);
  };
  const splitter = SPLITTERS.find((known) => known === table["splitter"]);
  if (!splitter) throw new NerError(`${where}: unknown word splitter ${shown(table["splitter"])}; update this runtime`);
  const [prefix, suffix] = [ids("prefix"), ids("suffix")];
  const specials = prefix.length + suffix.length;
  const maxLength = number("max_length", specials + 1, MOST_WINDOW);
  const stride = number("stride", 1, maxLength - specials);
  return { splitter, maxLength, stride, prefix, suffix, pad: number("pad", 0, MOST_ID) };
}

function version(value: unknown, where: string): string {
  if (typeof value === "string" && /^\d{1,3}\.\d{1,3}(\.\d{1,6})?$/.test(value)) return value;
  throw new NerError(`${where}: min_onnxruntime is ${shown(value)}; expected a version such as 1.18.0`);
}

export function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** One short line, whatever the manifest says. */
function printable(value: unknown): string {
  return String(value).slice(0, 300).replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

function shown(value: unknown): string {
  return printable(JSON.stringify(value) ?? "missing").slice(0, 40);
}
