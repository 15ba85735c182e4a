/** What a bundle is: its files, and how large each may be. Mirrors edgener/bundle/layout.py. */

export const MANIFEST = "manifest.json";
export const SEAL = "manifest.sha256";
export const MODEL = "model.onnx";
export const WEIGHTS = "weights.bin";
export const ORT_MODEL = "model.ort";
export const TOKENIZER = "tokenizer.json";
export const LABELS = "labels.json";
export const GOLDEN = "golden.jsonl";
const OPERATORS = "required_operators.config";
const ALWAYS = [TOKENIZER, LABELS, GOLDEN, "README.md"];

const VARIANT = /^model\.([a-z0-9][a-z0-9-]{0,39})\.onnx$/;
const MOST_VARIANTS = 8;
const MIB = 2 ** 20;
// One ArrayBuffer, and WebAssembly's memory, end here.
const MOST = 2 ** 31 - 1;
const MAX_BYTES: ReadonlyMap<string, number> = new Map([
  [MODEL, MOST],
  [WEIGHTS, MOST],
  [ORT_MODEL, MOST],
  [OPERATORS, MIB],
  [TOKENIZER, 128 * MIB],
  [LABELS, MIB],
  [GOLDEN, 16 * MIB],
  ["README.md", MIB],
  [MANIFEST, MIB],
  [SEAL, 4096],
]);

/** The most that a file of this name may have, in bytes; undefined when no bundle holds such a file. */
export function maxBytes(name: string): number | undefined {
  return VARIANT.test(name) ? MOST : MAX_BYTES.get(name);
}

/** Where another graph over the same weights lives. */
export function variantFile(name: string): string {
  return `model.${name}.onnx`;
}

/** What keeps these from being the files of a bundle (without manifest and seal); null when nothing does. */
export function wrongFiles(names: readonly string[]): string | null {
  const given = new Set(names);
  const missing = ALWAYS.find((name) => !given.has(name));
  if (missing) return `${missing} is missing`;
  const graph = given.has(ORT_MODEL) ? ORT_MODEL : MODEL;
  if (!given.has(graph)) return `${MODEL} is missing`;
  const variants = graph === MODEL ? names.filter((name) => VARIANT.test(name)) : [];
  if (variants.length > MOST_VARIANTS) return `${variants.length} variants, at most ${MOST_VARIANTS} are read`;
  const known = new Set([...ALWAYS, graph, graph === MODEL ? WEIGHTS : OPERATORS, ...variants]);
  const surplus = names.find((name) => !known.has(name));
  return surplus === undefined ? null : `${JSON.stringify(surplus.slice(0, 100))} does not belong to a bundle`;
}
