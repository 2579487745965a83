import type { Binding, Recorder } from "../device.ts";
import { checkShape, checkSize, type Kernel, type OpSet } from "./op.ts";

export interface TopLogprobsArgs {
  /** `[rows, stride]` f32. */
  readonly logits: Binding;
  /** `[rows, n]` u32, likeliest first, of equals the lowest id first. */
  readonly ids: Binding;
  /** `[rows, n]` f32. */
  readonly logprobs: Binding;
  /** `[rows]` f32: log Σ exp(logits), so that any token's log-probability is its logit less this. */
  readonly normalisers: Binding;
  readonly rows: number;
}

/** The n likeliest tokens of each row with their log-probabilities. */
export class TopLogprobs {
  readonly vocabulary: number;
  readonly stride: number;
  readonly n: number;
  readonly #kernel: Kernel;

  /** `n` is 1 … 20 and at most the vocabulary; `stride` as in `SampleOptions`. @throws KernelError (`shape`) */
  constructor(ops: OpSet, options: { vocabulary: number; stride?: number; n: number }) {
    const { vocabulary, stride = Math.ceil(vocabulary / 4) * 4, n } = options;
    checkShape(
      n >= 1 && n <= 20 && n <= vocabulary,
      "top_logprobs",
      `the top ${n} of ${vocabulary} tokens; at most 20`,
    );
    checkShape(stride % 4 === 0 && stride >= vocabulary, "top_logprobs", `${vocabulary} tokens in rows of ${stride}`);
    this.vocabulary = vocabulary;
    this.stride = stride;
    this.n = n;
    this.#kernel = ops.kernel("top_logprobs", {
      constants: { VOCAB: vocabulary, STRIDE4: stride / 4, N: n },
      workgroupSize: ops.device.info.workgroupSize * 4,
    });
  }

  record(recorder: Recorder, { logits, ids, logprobs, normalisers, rows }: TopLogprobsArgs): void {
    checkSize("top_logprobs", "logits", logits, rows * this.stride * 4);
    checkSize("top_logprobs", "ids", ids, rows * this.n * 4);
    checkSize("top_logprobs", "logprobs", logprobs, rows * this.n * 4);
    checkSize("top_logprobs", "normalisers", normalisers, rows * 4);
    this.#kernel.dispatch(recorder, [logits, ids, logprobs, normalisers], [rows]);
  }
}
