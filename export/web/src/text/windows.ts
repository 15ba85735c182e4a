/** Windows over the pieces of a long text: section 4 of the decode contract (tests/conformance/README.md). */

import type { Range } from "./words.js";

/** Ranges of pieces that cover `pieces` pieces, at most `capacity` in each, one every `stride`; 0 < stride <= capacity. */
export function plan(pieces: number, capacity: number, stride: number): Range[] {
  const windows: Range[] = [];
  for (let start = 0, end = 0; end < pieces; start += stride) {
    end = Math.min(start + capacity, pieces);
    windows.push([start, end]);
  }
  return windows;
}

/** Index of the window in which `piece` is farthest from the nearer end; the earlier one on a tie. */
export function owner(piece: number, windows: readonly Range[], capacity: number, stride: number): number {
  const first = Math.max(0, Math.floor((piece - capacity) / stride) + 1);
  const last = Math.min(Math.floor(piece / stride), windows.length - 1);
  let best = first;
  for (let k = first + 1; k <= last; k++) {
    if (depth(piece, windows[k]!) > depth(piece, windows[best]!)) best = k;
  }
  return best;
}

function depth(piece: number, [start, end]: Range): number {
  return Math.min(piece - start, end - 1 - piece);
}
