/** Where the files of a bundle come from. */

import { NerError } from "../errors.js";

export interface Source {
  /** The folder or address, for messages. */
  readonly where: string;
  /** A file of at most `most` bytes; NerError when it is missing or longer. `name` is one that bundles have. */
  read(name: string, most: number, onBytes?: (count: number) => void): Promise<Uint8Array<ArrayBuffer>>;
  /** Every name in the folder, where it can be listed. */
  names?(): Promise<string[]>;
}

/** A folder on a web server. */
export class UrlSource implements Source {
  readonly where: string;

  constructor(base: URL | string) {
    this.where = `${String(base).replace(/[?#].*$/s, "").replace(/\/*$/, "")}/`;
  }

  async read(name: string, most: number, onBytes?: (count: number) => void): Promise<Uint8Array<ArrayBuffer>> {
    const address = this.where + name;
    let response: Response;
    try {
      response = await fetch(address, { credentials: "same-origin", referrerPolicy: "no-referrer" });
    } catch {
      throw new NerError(`${address}: cannot be reached; check the connection and the address`);
    }
    if (!response.ok) throw new NerError(`${address}: missing (HTTP ${response.status})`);
    return joined(response, most, address, onBytes);
  }
}

async function joined(
  response: Response,
  most: number,
  address: string,
  onBytes?: (count: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  try {
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      size += next.value.length;
      if (size > most) break;
      chunks.push(next.value);
      onBytes?.(next.value.length);
    }
  } catch {
    throw new NerError(`${address}: the connection broke after ${size} bytes; load it again`);
  }
  if (size > most) {
    await reader?.cancel();
    throw new NerError(`${address}: more than the ${most} bytes that it may have`);
  }
  const whole = new Uint8Array(size);
  let place = 0;
  for (const chunk of chunks) {
    whole.set(chunk, place);
    place += chunk.length;
  }
  return whole;
}
