/** ONNX Runtime behind one signature, for its web and its node build. Mirrors edgener/runtime/session.py. */

import type { Env, InferenceSession, InferenceSessionFactory, TensorConstructor } from "onnxruntime-common";
import type { Bundle, Network } from "./bundle/open.js";
import { WEIGHTS } from "./bundle/layout.js";
import { line, NerError } from "./errors.js";

/** What is used of onnxruntime-web or onnxruntime-node. */
export interface Ort {
  readonly InferenceSession: InferenceSessionFactory;
  readonly Tensor: TensorConstructor;
  readonly env: Env;
}

const INPUTS = ["input_ids", "attention_mask", "token_type_ids"];

/** (ids of one window) -> its logits, row by row: float32 [pieces x labels]. */
export class Forward {
  private constructor(
    private readonly ort: Ort,
    private readonly session: InferenceSession,
    private readonly where: string,
    private readonly labels: number,
    /** Of a graph that takes one length only. */
    private readonly length: number | null,
    private readonly pad: number,
  ) {}

  /** `provider`: wasm or cpu. threads: 0 leaves the choice to ONNX Runtime. */
  static async create(
    ort: Ort,
    bundle: Bundle,
    { graph, weights }: Network,
    provider: string,
    threads: number,
  ): Promise<Forward> {
    requireVersion(ort, bundle);
    const options: InferenceSession.SessionOptions = {
      executionProviders: [provider],
      graphOptimizationLevel: "all",
      interOpNumThreads: 1,
      logSeverityLevel: 4,
      ...(threads ? { intraOpNumThreads: threads } : {}),
      ...(weights ? { externalData: [{ path: WEIGHTS, data: weights }] } : {}),
    };
    let session: InferenceSession;
    try {
      session = await ort.InferenceSession.create(graph, options);
    } catch (error) {
      throw new NerError(`${bundle.where}: ONNX Runtime ${installed(ort)} cannot load its graph (${line(error)})`);
    }
    const length = checked(session, bundle);
    return new Forward(ort, session, bundle.where, bundle.labels.length, length, bundle.manifest.decode.pad);
  }

  async run(ids: readonly number[]): Promise<Float32Array> {
    const length = Math.max(ids.length, this.length ?? 0);
    const filled = (of: (place: number) => number): BigInt64Array =>
      BigInt64Array.from({ length }, (_, place) => BigInt(of(place)));
    const given: Record<string, BigInt64Array> = {
      input_ids: filled((place) => ids[place] ?? this.pad),
      attention_mask: filled((place) => Number(place < ids.length)),
      token_type_ids: filled(() => 0),
    };
    const feeds = this.session.inputNames.map(
      (name) => [name, new this.ort.Tensor("int64", given[name]!, [1, length])] as const,
    );
    let logits;
    try {
      const answer = await this.session.run(Object.fromEntries(feeds));
      logits = answer[this.session.outputNames[0]!]!;
    } catch (error) {
      throw new NerError(`${this.where}: ONNX Runtime cannot run its graph (${line(error)})`);
    }
    const [batch, pieces, labels] = logits.dims;
    if (logits.dims.length !== 3 || batch !== 1 || pieces !== length || labels !== this.labels) {
      throw new NerError(`${this.where}: answers ${length} ids with logits of shape ${logits.dims.join(" x ")}`);
    }
    const rows = (logits.data as Float32Array).subarray(0, ids.length * this.labels);
    if (!rows.every(Number.isFinite)) {
      throw new NerError(`${this.where}: its logits are not finite numbers; this model cannot be used`);
    }
    return rows;
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

/** NerError unless it is a token classifier with these labels; returns the length it takes, null for any. */
function checked(session: InferenceSession, bundle: Bundle): number | null {
  const [inputs, outputs] = [session.inputMetadata, session.outputMetadata];
  const ids = inputs.find((input) => input.name === "input_ids");
  const output = outputs[0];
  const sound =
    inputs.every((input) => INPUTS.includes(input.name) && input.isTensor && input.type === "int64") &&
    outputs.length === 1 &&
    output?.isTensor &&
    output.type === "float32" &&
    output.shape.length === 3;
  if (!sound || !ids?.isTensor) {
    const why = "expected int64 ids in, float32 [batch, length, labels] out";
    throw new NerError(`${bundle.where}: its graph is no token classifier (${why})`);
  }
  const labels = output.shape[2];
  if (typeof labels === "number" && labels > 0 && labels !== bundle.labels.length) {
    throw new NerError(`${bundle.where}: the graph has ${labels} outputs, labels.json ${bundle.labels.length}`);
  }
  const length = ids.shape[1];
  return typeof length === "number" && length > 0 ? length : null;
}

function requireVersion(ort: Ort, bundle: Bundle): void {
  const wanted = bundle.manifest.minOnnxRuntime;
  const [have, least] = [installed(ort), wanted].map((text) => text.split(".").map(Number));
  if (have![0]! < least![0]! || (have![0] === least![0] && have![1]! < least![1]!)) {
    throw new NerError(`${bundle.where}: needs ONNX Runtime ${wanted}, this is ${installed(ort)}; update it`);
  }
}

function installed(ort: Ort): string {
  return ort.env.versions.common;
}
