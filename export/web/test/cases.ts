/** The cases of the decode contract, read from the repository; run from export/web. */

import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Case } from "./conformance";

const FOLDER = resolve("../../tests/conformance");

export const CASES: Case[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".jsonl"))
  .sort()
  .flatMap((name) => readFileSync(`${FOLDER}/${name}`, "utf8").split("\n").filter(Boolean))
  .map((line) => JSON.parse(line) as Case);
