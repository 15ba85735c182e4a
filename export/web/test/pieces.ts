/** stdin: {tokenizer, words}, stdout: the piece ids of each word; so that another runtime can compare them. */

import { readFileSync } from "node:fs";
import { WordTokenizer } from "../src/tokenizer/tokenizer";

const { tokenizer, words } = JSON.parse(readFileSync(0, "utf8")) as { tokenizer: unknown; words: string[] };
const made = new WordTokenizer(tokenizer, "stdin");
process.stdout.write(JSON.stringify(words.map((word) => made.encode([word]).ids)));
