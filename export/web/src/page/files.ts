/** A text file in, a JSON file out. */

import { asDocument, type Entity } from "../text/entities.js";

const MOST_BYTES = 5 * 2 ** 20;

/** Its lines. Error, with a sentence for the person, when it is no text file. */
export async function linesOf(file: File): Promise<string[]> {
  if (file.size > MOST_BYTES) {
    throw new Error(`${file.name} has ${file.size.toLocaleString("en")} bytes; this page takes text files of up to 5 MB.`);
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw new Error(`${file.name} is not text in UTF-8. Save it as UTF-8 text and try again.`);
  }
  if (text.includes("\0")) throw new Error(`${file.name} is not a text file.`);
  return linesIn(text);
}

export function linesIn(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** The names and positions are those of `edgener predict --json`. */
export function save(name: string, lines: readonly string[], found: readonly (readonly Entity[])[]): void {
  const documents = lines.map((text, at) => ({
    line: at + 1,
    text,
    entities: (found[at] ?? []).map((entity) => ({ ...asDocument(entity), score: Number(entity.score.toFixed(4)) })),
  }));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${JSON.stringify(documents, null, 1)}\n`], { type: "application/json" }));
  link.download = `${name.replace(/\.[^.]*$/, "") || "text"}.entities.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
