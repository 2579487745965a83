import type { Binding, Recorder } from "../../device.ts";
import { checkShape, checkSize, type Kernel, type OpSet } from "../op.ts";
import { quarters } from "../rows.ts";

export interface RmsNormBackArgs {
  /** `[rows, dim]` f32 each. */
  readonly x: Binding;
  readonly dy: Binding;
  /** What else reaches x, exactly when the op was made with `residual`; added to dx. */
  readonly residual?: Binding;
  readonly dx: Binding;
  /** `[dim]` */
  readonly weight: Binding;
  /** `[rows]`, written: 1 / root mean square of each row, for `ColumnSums`. */
  readonly inverse: Binding;
  readonly rows: number;
}

/** Gradient of `RmsNorm` with respect to its input. */
export class RmsNormBack {
  readonly dim: number;
  readonly #kernel: Kernel;
  readonly #hasResidual: boolean;

  constructor(ops: OpSet, { dim, epsilon, residual }: { dim: number; epsilon: number; residual: boolean }) {
    this.dim = dim;
    this.#hasResidual = residual;
    const constants = { DIM4: quarters("rms_norm_back", dim), EPS: epsilon, RESIDUAL: Number(residual) };
    this.#kernel = ops.kernel("rms_norm_back", { constants });
  }

  record(recorder: Recorder, { x, dy, residual, dx, weight, inverse, rows }: RmsNormBackArgs): void {
    const op = "rms_norm_back";
    checkShape((residual !== undefined) === this.#hasResidual, op, "a residual is given to ops that have one");
    for (const [role, binding] of Object.entries({ x, dy, dx })) checkSize(op, role, binding, rows * this.dim * 4);
    if (residual !== undefined) checkSize(op, "residual", residual, rows * this.dim * 4);
    checkSize(op, "weight", weight, this.dim * 4);
    checkSize(op, "inverse", inverse, rows * 4);
    this.#kernel.dispatch(recorder, [x, weight, dy, residual ?? dy, dx, inverse], [rows]);
  }
}
