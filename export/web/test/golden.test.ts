import assert from "node:assert/strict";
import { test } from "node:test";
import { differences, Ner } from "../src/node";
import { SOUND } from "./bundles";

const skip = SOUND ? false : "EDGENER_BUNDLE names no bundle";

test("golden sentences, and one wrong value in them", { skip }, async () => {
  const ner = await Ner.load(SOUND);
  assert.deepEqual(await differences(ner), []);
  assert.ok(ner.bundle.golden.length > 0);
  for (const part of ["words", "ids", "pieces", "tags", "entities"]) {
    for (const [at, record] of ner.bundle.golden.entries()) {
      const values = record[part] as unknown[];
      const wrong = ner.bundle.golden.with(at, { ...record, [part]: [...values, values.at(-1) ?? 0] });
      assert.equal((await differences(ner, wrong)).length, 1, `${part} of sentence ${at + 1}`);
    }
  }
});
