import type { Binding, Recorder } from "../../device.ts";
import { checkSize, type Kernel, type OpSet } from "../op.ts";
import { quarters } from "../rows.ts";

export interface ScatterRowsArgs {
  /** `[count, dim]` f32. */
  readonly source: Binding;
  readonly count: number;
  /** `[rows]` u32: which row of the source comes here; `count` or more: none. */
  readonly places: Binding;
  /** `[rows, dim]` f32. */
  readonly out: Binding;
  readonly rows: number;
}

/** Rows put back where `GatherRows` took them from, zeros elsewhere. */
export class ScatterRows {
  readonly dim: number;
  readonly #kernel: Kernel;

  constructor(ops: OpSet, { dim }: { dim: number }) {
    this.dim = dim;
    this.#kernel = ops.kernel("scatter_rows", { constants: { DIM4: quarters("scatter_rows", dim) } });
  }

  record(recorder: Recorder, { source, count, places, out, rows }: ScatterRowsArgs): void {
    checkSize("scatter_rows", "source", source, count * this.dim * 4);
    checkSize("scatter_rows", "places", places, rows * 4);
    checkSize("scatter_rows", "out", out, rows * this.dim * 4);
    this.#kernel.dispatch(recorder, [source, places, out], [rows], Uint32Array.of(count));
  }
}
