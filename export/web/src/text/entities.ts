/** Tags to entities, and positions in three units: section 6 of the decode contract (tests/conformance/README.md). */

import { confidence, type Row } from "./decode.js";
import { entityType, spans } from "./labels.js";
import type { Range } from "./words.js";

/** A named entity; ranges are half-open and of the caller's original string. */
export interface Entity {
  readonly type: string;
  readonly text: string;
  /** 0 to 1: the mean, over its words, of the softmax of the chosen label. */
  readonly score: number;
  /** In UTF-16 units, which is what String.prototype.slice and the DOM count in. */
  readonly start: number;
  readonly end: number;
  /** In Unicode code points. */
  readonly points: Range;
  /** In UTF-8 bytes. */
  readonly bytes: Range;
}

/** Entities of an original text, given its words (ranges in code points), their labels' indices and their logits. */
export function entities(
  text: string,
  words: readonly Range[],
  labels: readonly string[],
  path: readonly number[],
  rows: readonly Row[],
): Entity[] {
  const tags = path.map((label) => labels[label]!);
  const found = spans(tags);
  if (!found.length) return [];
  const units = unitsOf(text);
  return found.map(([first, last]) => {
    const points: Range = [words[first]![0], words[last - 1]![1]];
    const [start, end] = [units.utf16[points[0]]!, units.utf16[points[1]]!];
    let sum = 0;
    for (let word = first; word < last; word++) sum += confidence(rows[word]!, path[word]!);
    return {
      type: entityType(tags[first]!),
      text: text.slice(start, end),
      score: sum / (last - first),
      start,
      end,
      points,
      bytes: [units.utf8[points[0]]!, units.utf8[points[1]]!],
    };
  });
}

/** The UTF-16 and the UTF-8 position of every code point position, the end included. */
export function unitsOf(text: string): { utf16: Uint32Array; utf8: Uint32Array } {
  const utf16 = new Uint32Array(text.length + 1);
  const utf8 = new Uint32Array(text.length + 1);
  let place = 0;
  for (const char of text) {
    utf16[place + 1] = utf16[place]! + char.length;
    utf8[place + 1] = utf8[place]! + bytesOf(char.codePointAt(0)!);
    place += 1;
  }
  return { utf16: utf16.subarray(0, place + 1), utf8: utf8.subarray(0, place + 1) };
}

/** An unpaired surrogate counts as the three bytes that it would take. */
function bytesOf(point: number): number {
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

/** The entity under the names that bundles, `edgener predict --json` and the conformance cases use. */
export function asDocument(entity: Entity): Record<string, string | number> {
  return {
    type: entity.type,
    text: entity.text,
    score: entity.score,
    start: entity.points[0],
    end: entity.points[1],
    start_utf16: entity.start,
    end_utf16: entity.end,
    start_utf8: entity.bytes[0],
    end_utf8: entity.bytes[1],
  };
}
