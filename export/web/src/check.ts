/**
 * node dist/check.mjs BUNDLE            the golden sentences of a bundle; exit 1 when one is answered otherwise
 * node dist/check.mjs BUNDLE FILE       tags a text file, a line a text; JSON Lines as `edgener predict --json` prints
 */

import { readFileSync } from "node:fs";
import { asDocument, differences, Ner, NerError } from "./node.js";

async function main(bundle?: string, file?: string): Promise<number> {
  if (!bundle) throw new NerError("usage: check.mjs BUNDLE [FILE]");
  const ner = await Ner.load(bundle);
  for (const warning of ner.warnings) console.error(`warning: ${warning}`);
  if (file) {
    await tagged(ner, file);
    return 0;
  }
  const found = await differences(ner);
  for (const problem of found) console.log(problem);
  if (!found.length) console.log(`${bundle}: every hash is right; ${ner.bundle.golden.length} golden sentences as stated`);
  return found.length ? 1 : 0;
}

async function tagged(ner: Ner, file: string): Promise<void> {
  const lines = readFileSync(file, "utf8").split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  for (const [at, text] of lines.entries()) {
    const entities = (await ner.tag(text)).map(asDocument);
    process.stdout.write(`${JSON.stringify({ line: at + 1, text, entities })}\n`);
  }
}

try {
  process.exitCode = await main(...process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(`edgener: ${error.message}`);
  process.exitCode = 2;
}
