/** Text to entities: the decode contract put together. Mirrors edgener/text/tagger.py. */

import { MANIFEST } from "./bundle/layout.js";
import { type Bundle, type OnProgress, openBundle } from "./bundle/open.js";
import type { Source } from "./bundle/source.js";
import { type Machine, machineWarnings } from "./machine.js";
import { Forward, type Ort } from "./session.js";
import { Decoder, type Row } from "./text/decode.js";
import { type Entity, entities } from "./text/entities.js";
import { normalise } from "./text/normalise.js";
import { owner, plan } from "./text/windows.js";
import { type Range, split } from "./text/words.js";
import { NO_PIECE, WordTokenizer } from "./tokenizer/tokenizer.js";

export interface Options {
  /** Of ONNX Runtime; 0 (the default) leaves the choice to it. */
  threads?: number;
  /** Entities with a lower score are dropped: more precision. */
  minScore?: number;
  /** Subtracted from the logit of O: above 0 finds more, and errs more. */
  recallBias?: number;
  /** Another of the bundle's graphs. */
  variant?: string;
  /** Told how many bytes of the bundle have arrived. */
  onProgress?: OnProgress;
}

/** The words of a text with what the model said of each; ranges in code points of the original string. */
export interface Tagged {
  readonly words: readonly Range[];
  readonly ids: readonly number[];
  /** How many pieces each word has. */
  readonly pieces: readonly number[];
  readonly tags: readonly string[];
  readonly entities: readonly Entity[];
}

/** A verified bundle, ready to tag. Calls may overlap; they are answered in order. */
export class Tagger {
  minScore: number;
  recallBias: number;
  private readonly decoder: Decoder;
  private readonly tokenizer: WordTokenizer;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    readonly bundle: Bundle,
    private readonly forward: Forward,
    options: Options = {},
    /** What there is to say of this bundle on this machine, a line each. */
    readonly warnings: readonly string[] = [],
  ) {
    this.decoder = new Decoder(bundle.labels);
    this.tokenizer = new WordTokenizer(bundle.tokenizer, `${bundle.where}tokenizer.json`);
    this.minScore = options.minScore ?? 0;
    this.recallBias = options.recallBias ?? 0;
  }

  /** The entities of a text, in order of their positions. */
  async tag(text: string): Promise<Entity[]> {
    const { entities } = await this.analyse(text);
    return entities.filter((entity) => entity.score >= this.minScore);
  }

  /** Everything that a text is answered with on the way to its entities. */
  analyse(text: string): Promise<Tagged> {
    // One session runs one window at a time.
    const answer = this.queue.then(() => this.analysed(text));
    this.queue = answer.catch(() => undefined);
    return answer;
  }

  /** Frees the session's memory. */
  async release(): Promise<void> {
    await this.forward.release();
  }

  private async analysed(text: string): Promise<Tagged> {
    const normal = normalise(text);
    const ranges = split(normal.chars, this.bundle.manifest.decode.splitter);
    const { ids, firsts } = this.tokenizer.encode(ranges.map(([start, end]) => normal.chars.slice(start, end).join("")));
    const words = ranges.map(([start, end]): Range => [normal.starts[start]!, normal.ends[end - 1]!]);
    const rows = await this.rows(ids, firsts);
    const path = this.decoder.best(rows, this.recallBias);
    return {
      words,
      ids,
      pieces: counts(firsts, ids.length),
      tags: path.map((label) => this.bundle.labels[label]!),
      entities: entities(text, words, this.bundle.labels, path, rows),
    };
  }

  /** The logits of each word's first piece, from the window that decides it. */
  private async rows(ids: readonly number[], firsts: readonly number[]): Promise<Row[]> {
    const { maxLength, stride, prefix, suffix } = this.bundle.manifest.decode;
    const capacity = maxLength - prefix.length - suffix.length;
    const windows = plan(ids.length, capacity, stride);
    const decided: number[][] = windows.map(() => []);
    firsts.forEach((first, word) => {
      if (first !== NO_PIECE) decided[owner(first, windows, capacity, stride)]!.push(word);
    });
    const rows: Row[] = firsts.map(() => null);
    const labels = this.bundle.labels.length;
    for (const [k, [start, end]] of windows.entries()) {
      const logits = await this.forward.run([...prefix, ...ids.slice(start, end), ...suffix]);
      for (const word of decided[k]!) {
        const place = prefix.length + firsts[word]! - start;
        rows[word] = logits.slice(place * labels, (place + 1) * labels);
      }
    }
    return rows;
  }
}

/** Verify, then load. */
export async function parts(
  source: Source,
  ort: Ort,
  provider: string,
  machine: Machine,
  options: Options,
): Promise<[Bundle, Forward, Options, string[]]> {
  const [bundle, network] = await openBundle(source, options.variant, options.onProgress);
  const warnings = machineWarnings(bundle.manifest, bundle.where + MANIFEST, machine);
  return [bundle, await Forward.create(ort, bundle, network, provider, options.threads ?? 0), options, warnings];
}

function counts(firsts: readonly number[], total: number): number[] {
  const result: number[] = firsts.map(() => 0);
  let end = total;
  for (let word = firsts.length - 1; word >= 0; word--) {
    if (firsts[word] === NO_PIECE) continue;
    result[word] = end - firsts[word]!;
    end = firsts[word]!;
  }
  return result;
}
