import assert from "node:assert/strict";
import { test } from "node:test";
import { CASES } from "./cases";
import { answer, broken, same } from "./conformance";

test("there are at least 60 cases", () => assert.ok(CASES.length >= 60));

for (const one of CASES) {
  test(one.name, () => {
    const given = answer(one);
    assert.ok(same(one.expect, given), `expected ${JSON.stringify(one.expect)}, given ${JSON.stringify(given)}`);
    const unnoticed = [...broken(one.expect)].filter((wrong) => same(wrong, given));
    assert.deepEqual(unnoticed, [], "a wrong expectation must be noticed");
  });
}
