/** What this runtime answers to the cases of the decode contract (tests/conformance/README.md), in node and browsers. */

import { Decoder, type Row } from "../src/text/decode";
import { asDocument, entities, unitsOf } from "../src/text/entities";
import { normalise } from "../src/text/normalise";
import { owner, plan } from "../src/text/windows";
import { type Range, split } from "../src/text/words";
import { folded, repeated } from "./repeated";

export interface Case {
  name: string;
  op: keyof typeof ANSWERS;
  expect: unknown;
  text: string;
  splitter: string;
  ranges: Range[];
  pieces: number;
  capacity: number;
  stride: number;
  firsts: number[];
  labels: string[];
  logits: Row[];
  recall_bias: number;
  min_score: number;
  repeat?: number;
}

export function answer(one: Case): unknown {
  const times = one.repeat ?? 1;
  return times === 1 ? ANSWERS[one.op](one) : folded(ANSWERS[one.op](repeated(one, times)), one, times, same);
}

const ANSWERS = {
  normalise({ text }: Case) {
    const normal = normalise(text);
    return { text: normal.chars.join(""), ranges: Array.from(normal.starts, (start, at) => [start, normal.ends[at]]) };
  },
  split(one: Case) {
    return words(one);
  },
  offsets({ text, ranges }: Case) {
    const { utf16, utf8 } = unitsOf(text);
    const mapped = (units: Uint32Array): number[][] => ranges.map((range) => range.map((place) => units[place]!));
    return { utf16: mapped(utf16), utf8: mapped(utf8) };
  },
  windows({ pieces, capacity, stride, firsts }: Case) {
    const windows = plan(pieces, capacity, stride);
    return { windows, owners: firsts.map((first) => owner(first, windows, capacity, stride)) };
  },
  tags({ labels, logits, recall_bias }: Case) {
    return { tags: new Decoder(labels).best(logits, recall_bias).map((label) => labels[label]) };
  },
  entities(one: Case) {
    const path = new Decoder(one.labels).best(one.logits, one.recall_bias);
    const found = entities(one.text, words(one).ranges, one.labels, path, one.logits);
    return { entities: found.filter((entity) => entity.score >= one.min_score).map(asDocument) };
  },
};

function words({ text, splitter }: Case): { words: string[]; ranges: Range[] } {
  const normal = normalise(text);
  const ranges = split(normal.chars, splitter);
  return {
    words: ranges.map(([start, end]) => normal.chars.slice(start, end).join("")),
    ranges: ranges.map(([start, end]) => [normal.starts[start]!, normal.ends[end - 1]!]),
  };
}

/** Equal in type and value; a `score` may differ by 1e-4. */
export function same(expected: unknown, given: unknown, key = ""): boolean {
  if (key === "score") return typeof given === "number" && Math.abs((expected as number) - given) <= 1e-4;
  if (typeof expected !== "object" || expected === null || typeof given !== "object" || given === null) {
    return expected === given;
  }
  const [ours, theirs] = [expected, given] as [Record<string, unknown>, Record<string, unknown>];
  const names = Object.keys(ours);
  return (
    Array.isArray(expected) === Array.isArray(given) &&
    names.length === Object.keys(theirs).length &&
    names.every((name) => name in theirs && same(ours[name], theirs[name], name))
  );
}

/** Every copy of an expectation in which one leaf is changed, or one list has an element less or more. */
export function* broken(value: unknown): Generator<unknown> {
  if (Array.isArray(value)) {
    for (const [at, one] of value.entries()) {
      for (const wrong of broken(one)) yield value.with(at, wrong);
      yield value.toSpliced(at, 1);
    }
    yield [...value, value.at(-1) ?? 0];
  } else if (typeof value === "object" && value !== null) {
    for (const [name, one] of Object.entries(value)) for (const wrong of broken(one)) yield { ...value, [name]: wrong };
  } else {
    yield typeof value === "string" ? `${value}x` : (value as number) + 1;
  }
}

/** The names of the cases that are answered otherwise, or whose wrong expectations would not be noticed. */
export function failures(cases: readonly Case[]): string[] {
  return cases.filter((one) => {
    const given = answer(one);
    return !same(one.expect, given) || [...broken(one.expect)].some((wrong) => same(wrong, given));
  }).map((one) => one.name);
}
