import type { Binding, Recorder } from "../../device.ts";
import { ceilDiv, checkShape, checkSize, type Kernel, type OpSet } from "../op.ts";
import { quarters } from "../rows.ts";

/** Rows that are added by one workgroup, before the sums of these are added. */
const SLICE = 128;
const GROUP4 = 16;

export interface ColumnSumsArgs {
  /** `[rows, dim]` f32. */
  readonly y: Binding;
  /** For `weighted`: x `[rows, dim]`, inverse `[rows]`. */
  readonly x?: Binding;
  readonly inverse?: Binding;
  /** `columnSumsScratch` bytes. */
  readonly scratch: Binding;
  /** `[dim]`, added to. */
  readonly out: Binding;
  readonly rows: number;
}

/** Scratch bytes for so many rows. */
export function columnSumsScratch(rows: number, dim: number): number {
  return ceilDiv(Math.max(rows, 1), SLICE) * dim * 4;
}

/** out += Σ over rows of y, or of y · x · inverse (`weighted`): gradients of biases and of norms' weights. */
export class ColumnSums {
  readonly dim: number;
  readonly #weighted: boolean;
  readonly #slices: Kernel;
  readonly #total: Kernel;

  constructor(ops: OpSet, { dim, weighted }: { dim: number; weighted: boolean }) {
    this.dim = dim;
    this.#weighted = weighted;
    const DIM4 = quarters("column_sums", dim);
    this.#slices = ops.kernel("column_sums", { constants: { DIM4, SLICE, GROUP4, WEIGHTED: Number(weighted) } });
    this.#total = ops.kernel("column_sums", { constants: { DIM4, SLICE: 2 ** 24, GROUP4, ACCUMULATE: 1 } });
  }

  record(recorder: Recorder, { y, x, inverse, scratch, out, rows }: ColumnSumsArgs): void {
    const op = "column_sums";
    checkShape(
      this.#weighted === (x !== undefined && inverse !== undefined),
      op,
      "weights are given to ops that use them",
    );
    checkSize(op, "y", y, rows * this.dim * 4);
    checkSize(op, "scratch", scratch, columnSumsScratch(rows, this.dim));
    checkSize(op, "out", out, this.dim * 4);
    if (x !== undefined) checkSize(op, "x", x, rows * this.dim * 4);
    if (inverse !== undefined) checkSize(op, "inverse", inverse, rows * 4);
    if (rows === 0) return;
    const slices = ceilDiv(rows, SLICE);
    const pieces = ceilDiv(this.dim / 4, GROUP4);
    this.#slices.dispatch(recorder, [y, x ?? y, inverse ?? y, scratch], [pieces, slices], Uint32Array.of(rows));
    this.#total.dispatch(recorder, [scratch, scratch, scratch, out], [pieces, 1], Uint32Array.of(slices));
  }
}
