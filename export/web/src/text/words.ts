/** Word splitters by name: section 2 of the decode contract (tests/conformance/README.md). */

import { NerError } from "../errors.js";

export const SPLITTERS = ["unicode-1", "char"] as const;
export type Splitter = (typeof SPLITTERS)[number];
export type Range = readonly [start: number, end: number];

const enum Kind {
  Space,
  Other,
  Letter,
  Mark,
  Number,
}

// The property, and not \s: that takes U+FEFF for white space, and leaves out U+0085.
const WHITE_SPACE = /^\p{White_Space}$/u;
const JOINERS = new Set(["'", "\u2019", "-"]);
const kinds = new Map<string, Kind>();

/** Ranges of the words of a normalised text, in code points. */
export function split(chars: readonly string[], splitter: string): Range[] {
  if (splitter === "unicode-1") return unicode1(chars);
  if (splitter === "char") {
    return chars.flatMap((char, place) => (kindOf(char) === Kind.Space ? [] : [[place, place + 1] as const]));
  }
  throw new NerError(`unknown word splitter ${splitter}; this version knows ${SPLITTERS.join(", ")}`);
}

function unicode1(chars: readonly string[]): Range[] {
  const words: Range[] = [];
  let place = 0;
  while (place < chars.length) {
    const start = place++;
    const kind = kindOf(chars[start]!);
    if (kind === Kind.Space) continue;
    if (kind !== Kind.Other) place = endOfWord(chars, place);
    words.push([start, place]);
  }
  return words;
}

/** The end of the word whose first code point is directly before `place`. */
function endOfWord(chars: readonly string[], place: number): number {
  for (;;) {
    if (place < chars.length && kindOf(chars[place]!) >= Kind.Letter) place += 1;
    else if (place + 1 < chars.length && joined(chars, place)) place += 2;
    else return place;
  }
}

function joined(chars: readonly string[], place: number): boolean {
  if (!JOINERS.has(chars[place]!)) return false;
  const before = kindOf(chars[place - 1]!);
  return (before === Kind.Letter || before === Kind.Mark) && kindOf(chars[place + 1]!) === Kind.Letter;
}

function kindOf(char: string): Kind {
  let kind = kinds.get(char);
  if (kind === undefined) {
    kind = looked(char);
    kinds.set(char, kind);
  }
  return kind;
}

function looked(char: string): Kind {
  if (WHITE_SPACE.test(char)) return Kind.Space;
  if (/^\p{L}$/u.test(char)) return Kind.Letter;
  if (/^\p{M}$/u.test(char)) return Kind.Mark;
  return /^\p{N}$/u.test(char) ? Kind.Number : Kind.Other;
}
