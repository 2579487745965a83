import type { Binding, Recorder } from "../device.ts";
import { checkSize, type Kernel, type OpSet } from "./op.ts";
import { quarters } from "./rows.ts";

export interface AddRmsNormArgs {
  /** `[rows, dim]` f32, changed. */
  readonly x: Binding;
  /** `[rows, dim]` f32. */
  readonly t: Binding;
  /** `[dim]` f32. */
  readonly weight: Binding;
  readonly rows: number;
}

/** x += t / sqrt(mean(t²) + ε) · weight: Gemma's norm after a block. */
export class AddRmsNorm {
  readonly dim: number;
  readonly #kernel: Kernel;

  /** `dim` is a multiple of 4. @throws KernelError (`shape`) */
  constructor(ops: OpSet, { dim, epsilon }: { dim: number; epsilon: number }) {
    this.dim = dim;
    this.#kernel = ops.kernel("add_rms_norm", { constants: { DIM4: quarters("add_rms_norm", dim), EPS: epsilon } });
  }

  record(recorder: Recorder, { x, t, weight, rows }: AddRmsNormArgs): void {
    checkSize("add_rms_norm", "x", x, rows * this.dim * 4);
    checkSize("add_rms_norm", "t", t, rows * this.dim * 4);
    checkSize("add_rms_norm", "weight", weight, this.dim * 4);
    this.#kernel.dispatch(recorder, [x, t, weight], [rows]);
  }
}
