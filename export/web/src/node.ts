/** The runtime in node, over onnxruntime-node. */

import { constants } from "node:fs";
import { open, readdir, readFile } from "node:fs/promises";
import { machine } from "node:os";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type Source, UrlSource } from "./bundle/source.js";
import { NerError } from "./errors.js";
import type { Machine } from "./machine.js";
import { type Options, parts, Tagger } from "./ner.js";
import type { Ort } from "./session.js";

export { NerError } from "./errors.js";
export { differences } from "./golden.js";
export type { Options, Tagged } from "./ner.js";
export { asDocument, type Entity } from "./text/entities.js";

export class Ner extends Tagger {
  /** `where`: a folder, or the address of one. NerError, one line, for whatever is wrong with it. */
  static async load(where: string | URL, options: Options = {}): Promise<Ner> {
    return new Ner(...(await parts(sourceOf(where), await runtime(), "cpu", await thisMachine(), options)));
  }
}

async function runtime(): Promise<Ort> {
  // Else it can report to its makers how it is used.
  process.env.ORT_DISABLE_TELEMETRY ??= "1";
  try {
    return await import("onnxruntime-node");
  } catch {
    throw new NerError("onnxruntime-node is not installed; run: npm install --ignore-scripts onnxruntime-node");
  }
}

async function thisMachine(): Promise<Machine> {
  const facts = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  const features = /^(?:flags|Features)\s*:(.*)$/m.exec(facts)?.[1];
  return { name: machine(), features: features === undefined ? null : new Set(features.split(/\s+/)) };
}

function sourceOf(where: string | URL): Source {
  if (/^https?:/i.test(String(where))) return new UrlSource(where);
  return new FolderSource(where instanceof URL ? fileURLToPath(where) : where);
}

class FolderSource implements Source {
  readonly where: string;

  constructor(private readonly folder: string) {
    this.where = folder.endsWith(sep) ? folder : folder + sep;
  }

  async names(): Promise<string[]> {
    return readdir(this.folder);
  }

  async read(name: string, most: number, onBytes?: (count: number) => void): Promise<Uint8Array<ArrayBuffer>> {
    const place = join(this.folder, name);
    // Neither a link to somewhere else nor a pipe that would never end.
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    const file = await open(place, flags).catch((error: NodeJS.ErrnoException) => {
      throw new NerError(`${place}: ${error.code === "ENOENT" ? "missing" : `cannot be read (${error.code})`}`);
    });
    try {
      const { size, ...facts } = await file.stat().then((stat) => ({ size: stat.size, plain: stat.isFile() }));
      if (!facts.plain) throw new NerError(`${place}: not a plain file`);
      if (size > most) throw new NerError(`${place}: ${size} bytes, at most ${most} may be in it`);
      const data = new Uint8Array(size);
      let filled = 0;
      while (filled < size) {
        const { bytesRead } = await file.read(data, filled, Math.min(size - filled, 2 ** 26), filled);
        if (!bytesRead) throw new NerError(`${place}: was changed while it was read; load it again`);
        filled += bytesRead;
        onBytes?.(bytesRead);
      }
      return data;
    } finally {
      await file.close();
    }
  }
}
