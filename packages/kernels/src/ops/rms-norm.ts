import type { Binding, Recorder } from "../device.ts";
import { checkShape, checkSize, type Kernel, type OpSet } from "./op.ts";
import { ACTIVATION_BLOCK, quantizedSize } from "./quantize.ts";
import { quarters } from "./rows.ts";

export interface RmsNormOptions {
  /** A multiple of 4; of 32 for `quantized`. */
  readonly dim: number;
  readonly epsilon: number;
  /** Adds a residual to x first, and writes the sum back to x. */
  readonly residual?: boolean;
}

interface Inputs {
  /** `[rows, dim]` f32; with `residual` it becomes x + residual. */
  readonly x: Binding;
  /** `[rows, dim]` f32, exactly when the op was made with `residual`. */
  readonly residual?: Binding;
  /** `[dim]` f32. */
  readonly weight: Binding;
  readonly rows: number;
}

export interface RmsNormArgs extends Inputs {
  /** `[rows, dim]` f32. */
  readonly y: Binding;
}

export interface RmsNormQuantizedArgs extends Inputs {
  /** As `Quantize` gives them. */
  readonly xq: Binding;
  readonly xs: Binding;
}

/** y = x / sqrt(mean(x²) + ε) · weight. */
export class RmsNorm {
  readonly dim: number;
  readonly #kernel: Kernel;
  readonly #hasResidual: boolean;

  /** @throws KernelError (`shape`) */
  constructor(ops: OpSet, { dim, epsilon, residual = false }: RmsNormOptions) {
    this.dim = dim;
    this.#hasResidual = residual;
    const constants = { DIM4: quarters("rms_norm", dim), EPS: epsilon, ADD: Number(residual) };
    this.#kernel = ops.kernel("rms_norm", { constants });
  }

  record(recorder: Recorder, args: RmsNormArgs): void {
    const shared = inputs("rms_norm", args, this.dim, this.#hasResidual);
    checkSize("rms_norm", "y", args.y, args.rows * this.dim * 4);
    this.#kernel.dispatch(recorder, [...shared, args.y], [args.rows]);
  }
}

/** `RmsNorm`, then `Quantize`, in one pass. */
export class RmsNormQuantized {
  readonly dim: number;
  readonly #kernel: Kernel;
  readonly #hasResidual: boolean;

  /** @throws KernelError (`shape`) */
  constructor(ops: OpSet, { dim, epsilon, residual = false }: RmsNormOptions) {
    checkShape(dim % ACTIVATION_BLOCK === 0, "rms_norm_q8", `rows of ${dim} are no multiple of ${ACTIVATION_BLOCK}`);
    this.dim = dim;
    this.#hasResidual = residual;
    const constants = { DIM4: quarters("rms_norm_q8", dim), EPS: epsilon, ADD: Number(residual) };
    this.#kernel = ops.kernel("rms_norm_q8", { constants });
  }

  record(recorder: Recorder, args: RmsNormQuantizedArgs): void {
    const shared = inputs("rms_norm_q8", args, this.dim, this.#hasResidual);
    const sizes = quantizedSize(args.rows, this.dim);
    checkSize("rms_norm_q8", "xq", args.xq, sizes.xq);
    checkSize("rms_norm_q8", "xs", args.xs, sizes.xs);
    this.#kernel.dispatch(recorder, [...shared, args.xq, args.xs], [args.rows]);
  }
}

function inputs(op: string, args: Inputs, dim: number, hasResidual: boolean): [Binding, Binding, Binding] {
  const { x, residual, weight, rows } = args;
  checkShape(
    (residual !== undefined) === hasResidual,
    op,
    `it was made ${hasResidual ? "with" : "without"} a residual`,
  );
  checkSize(op, "x", x, rows * dim * 4);
  checkSize(op, "weight", weight, dim * 4);
  if (residual !== undefined) checkSize(op, "residual", residual, rows * dim * 4);
  // The kernel declares a residual in any case; without one it is never read.
  return [x, residual ?? weight, weight];
}
