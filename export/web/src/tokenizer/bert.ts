/** What BERT's normaliser does to characters that the library treats otherwise than the Rust tokenizers. */

import type { Step } from "./tokenizer.js";

// Ideographs beyond the Basic Multilingual Plane, by BERT's list; the library pads the others.
const IDEOGRAPHS = /[\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;
// The Rust tokenizers strip the accents of Unicode 8. These are the nonspacing marks of Unicode 9 to 14, which stay.
const NEWER_MARKS = marks(`
  7fd 898-89f 8ca-8e1 9fe afa-aff b55 c04 c3c d00 d3b-d3c d81 eba 180f 1885-1886 1abf-1ace 1df6-1dfb a82c a8c5
  a8ff a9bd 10d24-10d27 10eab-10eac 10f46-10f50 10f82-10f85 11070 11073-11074 110c2 111c9 111cf 1123e 1133b
  11438-1143f 11442-11444 11446 1145e 1182f-11837 11839-1183a 1193b-1193c 1193e 11943 119d4-119d7 119da-119db
  119e0 11a01-11a0a 11a33-11a38 11a3b-11a3e 11a47 11a51-11a56 11a59-11a5b 11a8a-11a96 11a98-11a99 11c30-11c36
  11c38-11c3d 11c3f 11c92-11ca7 11caa-11cb0 11cb2-11cb3 11cb5-11cb6 11d31-11d36 11d3a 11d3c-11d3d 11d3f-11d45
  11d47 11d90-11d91 11d95 11d97 11ef3-11ef4 16f4f 16fe4 1cf00-1cf2d 1cf30-1cf46 1e000-1e006 1e008-1e018
  1e01b-1e021 1e023-1e024 1e026-1e02a 1e130-1e136 1e2ae 1e2ec-1e2ef 1e944-1e94a
`);
const ACCENTS = new RegExp(`(?!${NEWER_MARKS})\\p{Mn}`, "gu");

/** `options`: of a BertNormalizer. Returns these steps, and the options with which the library does the rest. */
export function bertSteps(options: Record<string, unknown>): [Step[], Record<string, unknown>] {
  const lowercase = options["lowercase"] === true;
  const strips = typeof options["strip_accents"] === "boolean" ? options["strip_accents"] : lowercase;
  const steps: Step[] = [];
  if (options["handle_chinese_chars"] !== false) steps.push((text) => text.replace(IDEOGRAPHS, " $& "));
  if (strips) steps.push((text) => text.normalize("NFD").replace(ACCENTS, ""));
  // One by one: of a whole word, JavaScript makes a capital sigma at the end a final one.
  if (lowercase) steps.push((text) => Array.from(text, (char) => char.toLowerCase()).join(""));
  return [steps, { ...options, lowercase: false, strip_accents: false }];
}

/** A character class of code points and ranges in hexadecimal. */
function marks(ranges: string): string {
  const points = ranges.trim().replace(/[0-9a-f]+/g, (point) => `\\u{${point}}`);
  return `[${points.replace(/\s+/g, "")}]`;
}
