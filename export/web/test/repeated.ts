/** Cases with `repeat`: many copies of one, so that an expected answer to a long text can be written by hand. */

import type { Case } from "./conformance";

type Measure = (text: string) => number;

const points: Measure = (text) => [...text].length;
const utf16: Measure = (text) => text.length;
const utf8: Measure = (text) => new TextEncoder().encode(text).length;

/** What holds positions, and how long a text is in their unit. */
const LENGTHS = new Map<string, Measure>([
  ...["ranges", "start", "end"].map((name): [string, Measure] => [name, points]),
  ...["utf16", "start_utf16", "end_utf16"].map((name): [string, Measure] => [name, utf16]),
  ...["utf8", "start_utf8", "end_utf8"].map((name): [string, Measure] => [name, utf8]),
]);

/** The case whose inputs are those of so many copies, one behind the other. */
export function repeated(one: Case, times: number): Case {
  const copies: Case = { ...one };
  if (one.text !== undefined) copies.text = one.text.repeat(times);
  if (one.logits) copies.logits = Array.from({ length: times }, () => one.logits).flat();
  if (one.ranges) {
    const length = points(one.text);
    copies.ranges = Array.from({ length: times }, (_, k) => moved(one.ranges, "ranges", () => k * length)).flat();
  }
  return copies;
}

/** The answer to one copy; null for a part of it that is not the same for each. */
export function folded(given: object, one: Case, times: number, same: (a: unknown, b: unknown) => boolean): object {
  const lengths = new Map([...LENGTHS].map(([name, measure]) => [name, measure(one.text ?? "")]));
  const parts = Object.entries(given).map(([key, value]: [string, string | unknown[]]) => {
    // Strings are cut by code points, as their copies are.
    const items: unknown[] = typeof value === "string" ? [...value] : Array.from(value);
    const size = items.length / times;
    if (!Number.isInteger(size)) return [key, null];
    const part = (k: number): unknown[] =>
      moved(items.slice(k * size, (k + 1) * size), key, (name) => -k * (lengths.get(name) ?? 0));
    const first = part(0);
    for (let k = 1; k < times; k++) if (!same(first, part(k))) return [key, null];
    return [key, typeof value === "string" ? first.join("") : first];
  });
  return Object.fromEntries(parts);
}

/** With all positions in it moved; `key` is what holds the value. */
function moved<Value>(value: Value, key: string, by: (key: string) => number): Value {
  if (Array.isArray(value)) return value.map((one) => moved(one, key, by)) as Value;
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, moved(one, name, by)])) as Value;
  }
  return (typeof value === "number" ? value + by(key) : value) as Value;
}
