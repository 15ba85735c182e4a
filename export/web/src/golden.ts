/** Golden sentences: what every runtime must answer for a bundle. Mirrors edgener/runtime/golden.py. */

import { isTable, type Table } from "./bundle/manifest.js";
import type { Tagger } from "./ner.js";
import { asDocument } from "./text/entities.js";

const SCORE_TOLERANCE = 0.05;
const EXACT = ["words", "ids", "pieces", "tags"] as const;

/** One line for each golden sentence of the bundle that this runtime answers otherwise. */
export async function differences(ner: Tagger, golden: readonly Table[] = ner.bundle.golden): Promise<string[]> {
  const found: string[] = [];
  for (const [at, expected] of golden.entries()) {
    const answer = await ner.analyse(String(expected["text"]));
    const wrong = EXACT.find((part) => JSON.stringify(answer[part]) !== JSON.stringify(expected[part]));
    const documents = answer.entities.map(asDocument);
    if (wrong) found.push(`golden sentence ${at + 1}: ${wrong} differ from what the bundle states`);
    else if (!same(documents, expected["entities"])) {
      found.push(`golden sentence ${at + 1}: entities differ from what the bundle states`);
    }
  }
  return found;
}

/** Equal but for the scores, which int8 rounding may move a little from one device to another. */
function same(answer: readonly Table[], expected: unknown): boolean {
  if (!Array.isArray(expected) || answer.length !== expected.length) return false;
  return answer.every((ours, at) => {
    const theirs: unknown = expected[at];
    if (!isTable(theirs) || typeof theirs["score"] !== "number") return false;
    const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
    names.delete("score");
    const near = Math.abs((ours["score"] as number) - theirs["score"]) <= SCORE_TOLERANCE;
    return near && [...names].every((name) => ours[name] === theirs[name]);
  });
}
