/** The canonical ordering of marks (Unicode Standard, 3.11) for runs so long that an engine's own sort would crawl. */

// Real text stacks a few marks on a letter.
const LONG_RUN = /\p{M}{33,}/gu;
// Of the lowest and the highest combining class that marks have: one of them changes places with any mark that moves.
const LOWEST = "\u0334";
const HIGHEST = "\u0345";

/** A canonically equivalent text in which no long run of marks has to be sorted any more. */
export function canonicalOrder(text: string): string {
  return text.replace(LONG_RUN, ordered);
}

function ordered(run: string): string {
  const result: string[] = [];
  let moving: string[] = [];
  for (const char of run) {
    const marks = [...char.normalize("NFD")];
    if (moves(marks[0]!)) {
      moving.push(...marks);
    } else {
      result.push(...sorted(moving), char);
      moving = [];
    }
  }
  return [...result, ...sorted(moving)].join("");
}

function moves(mark: string): boolean {
  return swaps(mark, LOWEST) || swaps(HIGHEST, mark);
}

/** Does canonical ordering exchange these two neighbours? Exactly when 0 < class(second) < class(first). */
function swaps(first: string, second: string): boolean {
  return first !== second && (first + second).normalize("NFD") === second + first;
}

/** By combining class, stable. A run has few different marks, so only those are compared with each other. */
function sorted(marks: readonly string[]): string[] {
  const kinds = [...new Set(marks)].sort(compare);
  const rank = new Map<string, number>();
  kinds.forEach((kind, at) => {
    const before = kinds[at - 1];
    const same = before !== undefined && compare(before, kind) === 0;
    rank.set(kind, same ? rank.get(before)! : at);
  });
  const buckets: string[][] = kinds.map(() => []);
  for (const mark of marks) buckets[rank.get(mark)!]!.push(mark);
  return buckets.flat();
}

function compare(first: string, second: string): number {
  return swaps(first, second) ? 1 : swaps(second, first) ? -1 : 0;
}
