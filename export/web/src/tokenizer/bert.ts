/** What BERT's normaliser does to characters that the library treats otherwise than the Rust tokenizers. */

import type { Step } from "./tokenizer";

// Ideographs beyond the Basic Multilingual Plane, by BERT's list; the library pads the others.
const IDEOGRAPHS = /[\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;

/** `options`: of a BertNormalizer. The library's own steps come behind these and change nothing of them. */
export function bertSteps(options: Record<string, unknown>): Step[] {
  const steps: Step[] = [];
  if (options["handle_chinese_chars"] !== false) steps.push((text) => text.replace(IDEOGRAPHS, " $& "));
  // One by one: of a whole word, JavaScript makes a capital sigma at the end a final one.
  if (options["lowercase"] === true) steps.push((text) => Array.from(text, (char) => char.toLowerCase()).join(""));
  return steps;
}
