/** Loads the bundle and tags, away from the page's own thread. */

import { differences, Ner, threadsHere } from "../browser.js";
import { line } from "../errors.js";
import { entityType } from "../text/labels.js";
import type { Facts, Reply, Request } from "./protocol.js";

declare const self: DedicatedWorkerGlobalScope;

let ner: Ner | undefined;
// What is asked later is wanted instead of what was asked before.
let latest = 0;
let work: Promise<void> = Promise.resolve();

self.onmessage = ({ data }: MessageEvent<Request>): void => {
  if (data.kind === "tag") latest = data.id;
  work = work.then(() => (data.kind === "load" ? load(data) : tag(data.id, data.lines)));
};

function say(reply: Reply): void {
  self.postMessage(reply);
}

async function load({ bundle, runtime, threads }: Request & { kind: "load" }): Promise<void> {
  const start = performance.now();
  try {
    const onProgress = (loaded: number, total: number): void => say({ kind: "progress", loaded, total });
    ner = await Ner.load(bundle, { runtime, threads, onProgress });
    const loadMs = performance.now() - start;
    say({ kind: "ready", facts: await factsOf(ner, loadMs, threadsHere(threads)) });
  } catch (error) {
    say({ kind: "broken", message: line(error) });
  }
}

async function factsOf(loaded: Ner, loadMs: number, threads: number): Promise<Facts> {
  const { manifest, labels, golden, bytes } = loaded.bundle;
  const example = golden.find((record) => Array.isArray(record["entities"]) && record["entities"].length > 1) ?? golden[0];
  return {
    name: manifest.name,
    languages: manifest.languages,
    types: [...new Set(labels.filter((label) => label !== "O").map(entityType))],
    ungated: manifest.ungated,
    warnings: loaded.warnings,
    licences: manifest.licences,
    bytes,
    threads,
    loadMs,
    differences: await differences(loaded),
    golden: golden.length,
    example: typeof example?.["text"] === "string" ? example["text"] : "",
  };
}

async function tag(id: number, lines: readonly string[]): Promise<void> {
  try {
    if (!ner) throw new Error("no bundle is loaded");
    for (const [at, text] of lines.entries()) {
      if (id !== latest) return;
      const start = performance.now();
      const entities = await ner.tag(text);
      say({ kind: "line", id, at, entities, ms: performance.now() - start });
    }
  } catch (error) {
    say({ kind: "failed", id, message: line(error) });
  }
}
