import type { Binding, Recorder } from "../device.ts";
import { checkShape, checkSize, type Kernel, type OpSet } from "./op.ts";
import { pieces, quarters } from "./rows.ts";

/** vec4s that one workgroup takes on the CPU: about 5 µs of work. */
const CPU_GROUP4 = 4096;

export interface GatherRowsArgs {
  /** `[sourceRows, dim]` f32. */
  readonly source: Binding;
  /** `[rows]` u32. */
  readonly indices: Binding;
  /** `[rows, dim]` f32. */
  readonly y: Binding;
  readonly rows: number;
}

/** y[row] = source[indices[row]]. */
export class GatherRows {
  readonly dim: number;
  readonly sourceRows: number;
  readonly #kernel: Kernel;
  readonly #pieces: number;

  /** `dim` is a multiple of 4. An index past `sourceRows` reads the last row. @throws KernelError (`shape`) */
  constructor(ops: OpSet, { dim, sourceRows }: { dim: number; sourceRows: number }) {
    checkShape(sourceRows > 0, "gather_rows", "there is no row to read");
    this.dim = dim;
    this.sourceRows = sourceRows;
    const DIM4 = quarters("gather_rows", dim);
    const { size, count } = pieces(ops, DIM4, CPU_GROUP4);
    this.#pieces = count;
    this.#kernel = ops.kernel("gather_rows", { constants: { DIM4, SOURCE_ROWS: sourceRows, GROUP4: size } });
  }

  record(recorder: Recorder, { source, indices, y, rows }: GatherRowsArgs): void {
    checkSize("gather_rows", "source", source, this.sourceRows * this.dim * 4);
    checkSize("gather_rows", "indices", indices, rows * 4);
    checkSize("gather_rows", "y", y, rows * this.dim * 4);
    this.#kernel.dispatch(recorder, [source, indices, y], [this.#pieces, rows]);
  }
}
