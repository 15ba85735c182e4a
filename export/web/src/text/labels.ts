/** IOB2 labels (Tjong Kim Sang and Veenstra 1999). */

import { NerError } from "../errors.js";
import type { Range } from "./words.js";

const MOST_LABELS = 1000;
const LABEL = /^(?:O|[BI]-[^\s\p{C}\p{Z}]+)$/u;

export function entityType(tag: string): string {
  return tag.slice(2);
}

/** May `tag` stand directly behind `before`? */
export function continues(before: string, tag: string): boolean {
  return !tag.startsWith("I-") || (before !== "O" && entityType(before) === entityType(tag));
}

/** Word ranges of the entities of a legal sequence. */
export function spans(tags: readonly string[]): Range[] {
  const found: Range[] = [];
  for (let place = 0; place < tags.length; place++) {
    if (!tags[place]!.startsWith("B-")) continue;
    let end = place + 1;
    while (end < tags.length && tags[end]!.startsWith("I-")) end += 1;
    found.push([place, end]);
  }
  return found;
}

/** NerError unless a model's labels can be decoded: an O, and a B- for every I-. */
export function checkLabels(labels: unknown, where: string): string[] {
  if (!Array.isArray(labels) || !labels.every((label) => typeof label === "string")) {
    throw new NerError(`${where}: not a list of labels`);
  }
  if (labels.length < 2 || labels.length > MOST_LABELS) {
    throw new NerError(`${where}: ${labels.length} labels; a token classifier has 2 to ${MOST_LABELS}`);
  }
  const known = new Set<string>(labels);
  const strange = labels.find((label) => !LABEL.test(label) || (label[0] === "I" && !known.has(`B-${entityType(label)}`)));
  if (strange !== undefined || !known.has("O") || known.size !== labels.length) {
    throw new NerError(`${where}: not the labels of an IOB2 model (O, B-TYPE, I-TYPE, each once)`);
  }
  return labels;
}
