/** What a bundle answers in Chromium. EDGENER_PAGE: where `edgener kit serve` has its page. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { CASES } from "../cases";
import { differing, empty, visit } from "./visit";

test("the conformance cases, each wrong expectation noticed", async () => {
  const page = await empty();
  await page.addScriptTag({ path: "build/browser/conformance.js" });
  const failed = await page.evaluate((cases) => (globalThis as any).conformance.failures(cases), CASES as any[]);
  assert.deepEqual(failed, []);
});

test("golden vectors", async () => {
  const { page } = await visit(process.env["EDGENER_PAGE"]!);
  assert.deepEqual(await differing(page), []);
  assert.match((await page.locator("body").getAttribute("data-golden"))!, /^[1-9]/);
});
