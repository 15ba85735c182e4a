/** Copies of a sound bundle, to be broken. EDGENER_BUNDLE names the sound one. */

import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const SOUND = process.env["EDGENER_BUNDLE"] ?? "";
type Table = Record<string, any>;

export function copied(): string {
  const folder = join(mkdtempSync(join(tmpdir(), "edgener-")), "bundle");
  cpSync(SOUND, folder, { recursive: true });
  return folder;
}

/** What an attacker does: change the manifest, then make every hash right again. */
export function resealed(folder: string, edit: (manifest: Table) => void = () => undefined): string {
  const path = join(folder, "manifest.json");
  const manifest = JSON.parse(readFileSync(path, "utf8")) as Table;
  for (const name of readdirSync(folder).filter((name) => !name.startsWith("manifest."))) {
    const data = readFileSync(join(folder, name));
    manifest["files"][name] = { sha256: hashOf(data), bytes: data.length };
  }
  edit(manifest);
  writeFileSync(path, JSON.stringify(manifest));
  writeFileSync(join(folder, "manifest.sha256"), `${hashOf(readFileSync(path))}  manifest.json\n`);
  return folder;
}

/** Other content in one file, with right hashes. */
export function replaced(name: string, content: string | ((before: string) => string)): string {
  const folder = copied();
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : content(readFileSync(path, "utf8")));
  return resealed(folder);
}

function hashOf(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}
