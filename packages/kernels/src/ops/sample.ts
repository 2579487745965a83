import type { Binding, Recorder } from "../device.ts";
import { checkShape, checkSize, type Kernel, type OpSet } from "./op.ts";
import { EDIT_WORDS, SAMPLE_PARAM_WORDS } from "./sample-params.ts";

export interface SampleOptions {
  readonly vocabulary: number;
  /** Row length of the logits; a multiple of 4, at least `vocabulary`. Default: `vocabulary` rounded up. */
  readonly stride?: number;
  /** Room for edits (tokens with a count or a bias) per row; 0: none. */
  readonly maxEdits: number;
  /** True: rows may have a mask of allowed tokens. */
  readonly masked: boolean;
}

export interface SampleArgs {
  /** `[rows, stride]` f32, not changed. */
  readonly logits: Binding;
  /** `[rows]`, from `encodeSampleParams`. */
  readonly params: Binding;
  /** `[rows, maxEdits, 4]` u32, from `encodeEdits`; absent when maxEdits is 0. */
  readonly edits?: Binding;
  /** `[rows, maskWords]` u32: bit t % 32 of word ⌊t / 32⌋ allows token t; only when `masked`. */
  readonly mask?: Binding;
  /** `[rows, stride]` f32 of scratch. */
  readonly work: Binding;
  /** `[rows, stride/4]` u32 of scratch. */
  readonly chunks: Binding;
  /** `[rows]` u32: the answer. */
  readonly tokens: Binding;
  /** `[rows]` f32: log-probability of the answer under the unchanged logits, 0 for rows that did not ask. */
  readonly logprobs: Binding;
  readonly rows: number;
}

/**
 * One token per row: penalties → bias → mask → temperature → top-k → top-p → min-p → draw. Temperature 0 takes the
 * likeliest (of equals the lowest id). The same seed and step give the same token whatever else is in the batch.
 * Tokens whose weights are equal at the threshold of top-k or top-p are all kept.
 */
export class Sample {
  readonly vocabulary: number;
  readonly stride: number;
  readonly maxEdits: number;
  readonly masked: boolean;
  /** u32s of a row of the mask. */
  readonly maskWords: number;
  readonly #kernel: Kernel;

  /** @throws KernelError (`shape`) */
  constructor(ops: OpSet, options: SampleOptions) {
    const { vocabulary, stride = Math.ceil(vocabulary / 4) * 4, maxEdits, masked } = options;
    checkShape(
      vocabulary > 0 && stride % 4 === 0 && stride >= vocabulary,
      "sample",
      `${vocabulary} tokens in rows of ${stride}`,
    );
    this.vocabulary = vocabulary;
    this.stride = stride;
    this.maxEdits = maxEdits;
    this.masked = masked;
    this.maskWords = Math.ceil(vocabulary / 32);
    this.#kernel = ops.kernel("sample", {
      constants: { VOCAB: vocabulary, STRIDE4: stride / 4, MAX_EDITS: maxEdits, MASKED: Number(masked) },
      workgroupSize: ops.device.info.workgroupSize * 4,
    });
  }

  record(recorder: Recorder, args: SampleArgs): void {
    const { logits, params, edits, mask, work, chunks, tokens, logprobs, rows } = args;
    checkSize("sample", "logits", logits, rows * this.stride * 4);
    checkSize("sample", "params", params, rows * SAMPLE_PARAM_WORDS * 4);
    checkShape(
      (edits !== undefined) === this.maxEdits > 0,
      "sample",
      "edits are given exactly when there is room for some",
    );
    if (edits !== undefined) checkSize("sample", "edits", edits, rows * this.maxEdits * EDIT_WORDS * 4);
    checkShape((mask !== undefined) === this.masked, "sample", "a mask is given exactly when the op was made with one");
    if (mask !== undefined) checkSize("sample", "mask", mask, rows * this.maskWords * 4);
    checkSize("sample", "work", work, rows * this.stride * 4);
    checkSize("sample", "chunks", chunks, rows * this.stride);
    checkSize("sample", "tokens", tokens, rows * 4);
    checkSize("sample", "logprobs", logprobs, rows * 4);
    // Without edits or mask nothing reads them; the parameters stand in, as any buffer that is only read may.
    const bindings = [logits, params, edits ?? params, mask ?? params, work, chunks, tokens, logprobs];
    this.#kernel.dispatch(recorder, bindings, [rows]);
  }
}
