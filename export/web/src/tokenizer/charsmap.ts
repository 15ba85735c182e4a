/**
 * SentencePiece's compiled normalisation rules ("precompiled_charsmap"), as the Rust tokenizers apply them.
 *
 * A little-endian uint32 (bytes of the trie), a Darts-clone double array of uint32 units, then the replacements, each
 * ended by a zero byte. JavaScript libraries take the engine's NFKC instead, whose answer depends on its Unicode version.
 */

import { NerError } from "../errors.js";

// Longer clusters are replaced code point by code point; counted in UTF-8 bytes.
const LONGEST_CLUSTER = 5;
const ASCII_WORD = /^[\x21-\x7e]*$/;
const PRINTABLE = Array.from({ length: 0x7f - 0x21 }, (_, at) => at + 0x21);

export class Charsmap {
  private readonly trie: Uint32Array;
  private readonly replacements: Uint8Array;
  private readonly encoder = new TextEncoder();
  private readonly decoder = new TextDecoder();
  private readonly clusters = new Intl.Segmenter("und", { granularity: "grapheme" });
  /** Every map does that SentencePiece makes, but for those that lower-case. */
  private readonly keepsAscii: boolean;

  /** `base64`: as it stands in tokenizer.json. */
  constructor(base64: string) {
    let data: Uint8Array;
    try {
      data = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    } catch {
      throw new NerError("precompiled_charsmap is not base64");
    }
    const bytes = data.length >= 4 ? new DataView(data.buffer).getUint32(0, true) : 0;
    if (bytes % 4 || bytes < 4 || 4 + bytes > data.length) throw new NerError("precompiled_charsmap is damaged");
    const view = new DataView(data.buffer, 4, bytes);
    this.trie = Uint32Array.from({ length: bytes / 4 }, (_, unit) => view.getUint32(4 * unit, true));
    this.replacements = data.subarray(4 + bytes);
    this.keepsAscii = PRINTABLE.every((byte) => this.find(Uint8Array.of(byte)) === null);
  }

  normalise(text: string): string {
    if (this.keepsAscii && ASCII_WORD.test(text)) return text;
    let result = "";
    for (const { segment } of this.clusters.segment(text)) result += this.cluster(segment);
    return result;
  }

  private cluster(cluster: string): string {
    const bytes = this.encoder.encode(cluster);
    const whole = bytes.length <= LONGEST_CLUSTER ? this.find(bytes) : null;
    if (whole !== null) return whole;
    let result = "";
    for (const char of cluster) result += this.find(this.encoder.encode(char)) ?? char;
    return result;
  }

  /** The replacement of the shortest prefix that has one. That it stands for the whole is how models were trained. */
  private find(key: Uint8Array): string | null {
    let node = offset(this.trie[0]!);
    for (const byte of key) {
      node ^= byte;
      const unit = this.trie[node];
      if (byte === 0 || unit === undefined || label(unit) !== byte) return null;
      node ^= offset(unit);
      if (hasLeaf(unit)) return this.replacement(this.trie[node] ?? 0);
    }
    return null;
  }

  private replacement(unit: number): string {
    const start = unit & 0x7fffffff;
    const end = this.replacements.indexOf(0, start);
    return this.decoder.decode(this.replacements.subarray(start, end < 0 ? this.replacements.length : end));
  }
}

function hasLeaf(unit: number): boolean {
  return ((unit >>> 8) & 1) === 1;
}

function label(unit: number): number {
  return (unit & 0x800000ff) >>> 0;
}

function offset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
