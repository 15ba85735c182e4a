/** Words to piece ids: section 3 of the decode contract (tests/conformance/README.md). */

import { Tokenizer } from "@huggingface/tokenizers";
import { line, NerError } from "../errors.js";
import { bertSteps } from "./bert.js";
import { Charsmap } from "./charsmap.js";

type State = Record<string, unknown>;
/** A part of normalisation that is done here and not by the library. */
export type Step = (text: string) => string;

/** Piece ids of a text, without special tokens; `firsts[w]` is the first piece of word w, or NO_PIECE. */
export interface Pieces {
  readonly ids: readonly number[];
  readonly firsts: readonly number[];
}

export const NO_PIECE = -1;
const MOST_CACHED = 50_000;
const LONGEST_CACHED = 100;

/** A tokenizer.json for words that are given one by one. */
export class WordTokenizer {
  private readonly inner: Tokenizer;
  private readonly steps: readonly Step[];
  private readonly cache = new Map<string, readonly number[]>();

  /** `state`: the parsed tokenizer.json; `where` it stands, for messages. */
  constructor(
    state: unknown,
    private readonly where: string,
  ) {
    if (!isTable(state) || !isTable(state["model"])) throw new NerError(`${where}: not a tokenizer.json`);
    try {
      const [steps, rest] = parted(state["normalizer"]);
      this.steps = steps;
      this.inner = new Tokenizer({ ...state, normalizer: rest, post_processor: null, decoder: null }, {});
    } catch (error) {
      throw new NerError(`${where}: not a tokenizer.json that this version can read (${line(error)})`);
    }
  }

  /** Each (normalised) word by itself, in order. */
  encode(words: readonly string[]): Pieces {
    const ids: number[] = [];
    const firsts = words.map((word) => {
      const pieces = this.pieces(word);
      const first = pieces.length ? ids.length : NO_PIECE;
      for (const id of pieces) ids.push(id);
      return first;
    });
    return { ids, firsts };
  }

  private pieces(word: string): readonly number[] {
    const known = this.cache.get(word);
    if (known) return known;
    const found = this.computed(word);
    if (this.cache.size >= MOST_CACHED) this.cache.clear();
    if (word.length <= LONGEST_CACHED) this.cache.set(word, found);
    return found;
  }

  private computed(word: string): readonly number[] {
    let ids: number[];
    try {
      const plain = this.steps.reduce((text, step) => step(text), word);
      ids = plain ? this.inner.encode(plain, { add_special_tokens: false }).ids : [];
    } catch (error) {
      throw new NerError(`${this.where}: the tokenizer fails (${line(error)})`);
    }
    const strange = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= 2 ** 31);
    if (strange !== undefined) throw new NerError(`${this.where}: piece id ${strange} is none of a vocabulary`);
    return ids;
  }
}

/** The steps at the beginning of a normaliser that the library does not do as Rust does, and what is left for it. */
function parted(normalizer: unknown): [Step[], unknown] {
  const steps = isTable(normalizer) && normalizer["type"] === "Sequence" ? normalizer["normalizers"] : [normalizer];
  if (!Array.isArray(steps)) throw new NerError("its normalizer is no list");
  const own: Step[] = [];
  let rest: unknown[] = steps;
  while (isTable(rest[0]) && rest[0]["type"] === "Precompiled") {
    if (typeof rest[0]["precompiled_charsmap"] === "string") own.push(charsmapOf(rest[0]["precompiled_charsmap"]));
    rest = rest.slice(1);
  }
  if (isTable(rest[0]) && rest[0]["type"] === "BertNormalizer") {
    const [steps, options] = bertSteps(rest[0]);
    own.push(...steps);
    rest = [options, ...rest.slice(1)];
  }
  if (rest.some((step) => isTable(step) && step["type"] === "Precompiled")) {
    throw new NerError("its normalizer has a character map behind other steps");
  }
  if (!rest.length) return [own, null];
  return [own, rest.length === 1 ? rest[0] : { type: "Sequence", normalizers: rest }];
}

function charsmapOf(base64: string): Step {
  const map = new Charsmap(base64);
  return (text) => map.normalise(text);
}

function isTable(value: unknown): value is State {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
