import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalOrder } from "../src/text/marks";
import { nfc, normalise } from "../src/text/normalise";
import { split } from "../src/text/words";

const MARKS = ["\u0301", "\u0323", "\u0334", "\u0345", "\u034f", "\u05b0", "\u0344", "\u0f73", "\u3099", "\u{1d165}"];

test("long runs of marks are ordered as the engine orders them", () => {
  let seed = 7;
  const next = (): number => (seed = (seed * 48271) % 0x7fffffff);
  for (let round = 0; round < 300; round++) {
    const text = `a${Array.from({ length: 33 + (next() % 40) }, () => MARKS[next() % MARKS.length]).join("")}b`;
    assert.equal(nfc(text), text.normalize("NFC"));
    assert.equal(canonicalOrder(text).normalize("NFD"), text.normalize("NFD"));
  }
});

test("500 KB of marks in the worst order take seconds, not minutes", () => {
  const start = performance.now();
  const normal = normalise(`e${"\u0301\u0323".repeat(125_000)}`);
  assert.equal(normal.chars.length, 250_000);
  assert.ok(performance.now() - start < 10_000);
});

test("100 KB in many scripts: every word's range gives the word back", () => {
  const line = "Ọbásanjọ́ lọ sí Abẹ́òkúta . አዲስ አበባ ። ߒߞߏ ߛߓߍ 👩🏾‍🎤 Kano-Jigawa it's عدن 北京 ";
  const text = line.repeat(Math.ceil(100_000 / line.length));
  const normal = normalise(text);
  const points = [...text];
  for (const [start, end] of split(normal.chars, "unicode-1").slice(0, 5000)) {
    const original = points.slice(normal.starts[start], normal.ends[end - 1]).join("");
    assert.equal(normalise(original).chars.join(""), normal.chars.slice(start, end).join(""));
  }
});
