/** Logits to tags: section 5 of the decode contract (tests/conformance/README.md). */

import { continues } from "./labels.js";

/** The logits of a word, one a label; null for a word without pieces. */
export type Row = ArrayLike<number> | null;

/**
 * Tags from logits: the best label of each word where these make a legal IOB2 sequence, else the best legal one, found
 * by Viterbi (1967) with 0/-Infinity transitions.
 */
export class Decoder {
  private readonly outside: number;
  private readonly opens: boolean[];
  /** allowed[previous][current] */
  private readonly allowed: boolean[][];

  constructor(readonly labels: readonly string[]) {
    this.outside = labels.indexOf("O");
    this.opens = labels.map((label) => !label.startsWith("I-"));
    this.allowed = labels.map((before) => labels.map((label) => continues(before, label)));
  }

  /** Label indices, one a word. */
  best(rows: readonly Row[], recallBias = 0): number[] {
    const scores = rows.map((row) => this.biased(row, recallBias));
    const greedy = scores.map(argmax);
    // Nearly every sentence ends here. Part of the contract, not only a short cut: a sum can lose a small logit.
    const legal = greedy.every((label, at) => (at ? this.allowed[greedy[at - 1]!]![label] : this.opens[label]));
    return legal ? greedy : this.viterbi(scores);
  }

  private biased(row: Row, recallBias: number): Float64Array {
    const scores = new Float64Array(this.labels.length).fill(-Infinity);
    if (row === null) {
      scores[this.outside] = 0;
    } else {
      scores.set(row);
      scores[this.outside]! -= recallBias;
    }
    return scores;
  }

  private viterbi(scores: readonly Float64Array[]): number[] {
    let total = scores[0]!.map((score, label) => (this.opens[label] ? score : -Infinity));
    const cameFrom = [new Int32Array(total.length)];
    for (let word = 1; word < scores.length; word++) {
      const from = new Int32Array(total.length);
      const next = scores[word]!.map((score, label) => {
        const paths = total.map((sum, before) => (this.allowed[before]![label] ? sum : -Infinity));
        from[label] = argmax(paths);
        return paths[from[label]!]! + score;
      });
      cameFrom.push(from);
      total = next;
    }
    const path = [argmax(total)];
    for (let word = scores.length - 1; word > 0; word--) path.push(cameFrom[word]![path.at(-1)!]!);
    return path.reverse();
  }
}

/** Softmax probability of the chosen label, from the logits as the model gave them. */
export function confidence(row: ArrayLike<number>, chosen: number): number {
  const logits = Float64Array.from(row);
  const top = logits[argmax(logits)]!;
  return Math.exp(logits[chosen]! - top) / logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0);
}

/** The first of the greatest. */
function argmax(values: Float64Array): number {
  let best = 0;
  for (let at = 1; at < values.length; at++) if (values[at]! > values[best]!) best = at;
  return best;
}
