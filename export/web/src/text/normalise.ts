/** Normalisation with alignment: section 1 of the decode contract (tests/conformance/README.md). */

import { canonicalOrder } from "./marks.js";

/** A normalised text by code points; code point i comes from `[starts[i], ends[i])` of the original, in code points. */
export interface Normalised {
  readonly chars: readonly string[];
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

const DROPPED = new Set(["\u200b", "\u200d", "\u00ad", "\ufeff"]);
// Marks, and what composes with the code point before it without being a mark: conjoining Hangul vowels and finals and
// the Kirat Rai vowel signs of Unicode 16.
const JOINS = /^[\p{M}\u1160-\u11ff\ud7b0-\ud7ff\u{16d63}\u{16d67}-\u{16d6a}]$/u;
const SURROGATE = /^[\ud800-\udfff]$/u;
const ASCII = /^[\0-\x7f]*$/;

/** O(n log n) at worst, whatever the text is made of. */
export function normalise(text: string): Normalised {
  const kept: string[] = [];
  const places: number[] = [];
  let place = 0;
  for (const char of text) {
    if (!DROPPED.has(char)) {
      kept.push(SURROGATE.test(char) ? "\ufffd" : char);
      places.push(place);
    }
    place += 1;
  }
  const source = kept.join("");
  if (ASCII.test(source) || nfc(source) === source) {
    return { chars: kept, starts: Uint32Array.from(places), ends: Uint32Array.from(places, (start) => start + 1) };
  }
  return composed(kept, places);
}

/** NFC in O(n log n): engines order marks by insertion, which takes minutes for 500 KB of them in the wrong order. */
export function nfc(text: string): string {
  return canonicalOrder(text).normalize("NFC");
}

function composed(source: readonly string[], places: readonly number[]): Normalised {
  const chars: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  for (const [first, last] of segments(source)) {
    const before = source.slice(first, last).join("");
    const after = nfc(before);
    const changed = after !== before;
    let at = first;
    for (const char of after) {
      chars.push(char);
      starts.push(places[changed ? first : at]!);
      ends.push(places[changed ? last - 1 : at]! + 1);
      at += 1;
    }
  }
  return { chars, starts: Uint32Array.from(starts), ends: Uint32Array.from(ends) };
}

/** Ranges that are composed one by one. */
function* segments(source: readonly string[]): Generator<[number, number]> {
  let first = 0;
  for (let place = 1; place <= source.length; place++) {
    if (place === source.length || !joins(source[place]!)) {
      yield [first, place];
      first = place;
    }
  }
}

function joins(char: string): boolean {
  return char > "\u02ff" && JOINS.test(char);
}
