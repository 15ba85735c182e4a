/** The runtime in browsers and their workers, over onnxruntime-web (WebAssembly with SIMD). */

import { UrlSource } from "./bundle/source.js";
import { line, NerError } from "./errors.js";
import { WASM } from "./machine.js";
import { type Options, parts, Tagger } from "./ner.js";
import type { Ort } from "./session.js";

export { NerError } from "./errors.js";
export { differences } from "./golden.js";
export type { Options, Tagged } from "./ner.js";
export { asDocument, type Entity } from "./text/entities.js";

export interface BrowserOptions extends Options {
  /** The folder with ort.wasm.min.mjs and ort-wasm-simd-threaded.{mjs,wasm}; else onnxruntime-web is imported by name. */
  runtime?: string | URL;
}

// More threads than this gain nothing for a sentence.
const MOST_THREADS = 4;

export class Ner extends Tagger {
  /** `url`: the folder of a bundle. NerError, one line, for whatever is wrong with it. */
  static async load(url: string | URL, options: BrowserOptions = {}): Promise<Ner> {
    const address = new URL(String(url), globalThis.location?.href);
    if (!/^https?:$/.test(address.protocol)) throw new NerError(`${address.protocol} is no address to load a bundle from`);
    const threads = threadsHere(options.threads);
    const ort = await runtime(options.runtime, threads);
    return new Ner(...(await parts(new UrlSource(address), ort, "wasm", WASM, { ...options, threads })));
  }
}

/** As many as asked for (0: one a core, at most MOST_THREADS) where the page is isolated, 1 elsewhere. */
export function threadsHere(asked = 0): number {
  if (!globalThis.crossOriginIsolated) return 1;
  return asked || Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1);
}

async function runtime(folder: string | URL | undefined, threads: number): Promise<Ort> {
  try {
    const base = folder && new URL(`${String(folder).replace(/\/*$/, "")}/`, globalThis.location?.href).href;
    const ort = (await (base ? import(`${base}ort.wasm.min.mjs`) : import("onnxruntime-web/wasm"))) as Ort;
    if (base) ort.env.wasm.wasmPaths = base;
    ort.env.wasm.numThreads = threads;
    return ort;
  } catch (error) {
    throw new NerError(`ONNX Runtime cannot be loaded (${line(error)})`);
  }
}
