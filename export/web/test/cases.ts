/** The cases of the decode contract, from the repository, or from the folder that EDGENER_CASES names; run from export/web. */

import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Case } from "./conformance";

const FOLDER = process.env["EDGENER_CASES"] ?? resolve("../../tests/conformance");

export const CASES: Case[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".jsonl"))
  .sort()
  .flatMap((name) => readFileSync(`${FOLDER}/${name}`, "utf8").split("\n").filter(Boolean))
  .map((line) => JSON.parse(line) as Case);
