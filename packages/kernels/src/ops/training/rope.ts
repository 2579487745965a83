import type { Binding, Recorder } from "../../device.ts";
import { checkShape, checkSize, type Kernel, type OpSet } from "../op.ts";
import type { RopeStyle } from "../rope-table.ts";

export interface RopeTurnOptions {
  readonly heads: number;
  readonly headDim: number;
  /** Rotated inputs of a head, from its first on; even. */
  readonly dimensions: number;
  readonly style: RopeStyle;
  /** Positions of the table. */
  readonly positions: number;
  /** Turns the other way: the gradient. */
  readonly back: boolean;
}

export interface RopeTurnArgs {
  /** `[rows, heads, headDim]` f32, changed in place. */
  readonly x: Binding;
  /** `[rows]` u32. */
  readonly at: Binding;
  /** `[positions, dimensions / 2, 2]` f32, cosine first. */
  readonly table: Binding;
  readonly rows: number;
}

/** Rotary position embedding in place, or its gradient. */
export class RopeTurn {
  readonly options: RopeTurnOptions;
  readonly #kernel: Kernel;

  constructor(ops: OpSet, options: RopeTurnOptions) {
    const { heads, headDim, dimensions, style, positions, back } = options;
    checkShape(dimensions % 2 === 0 && dimensions <= headDim, "rope", `${dimensions} of ${headDim} inputs cannot turn`);
    this.options = options;
    this.#kernel = ops.kernel("rope", {
      constants: {
        HEADS: heads,
        HEAD_DIM: headDim,
        DIMENSIONS: dimensions,
        POSITIONS: positions,
        INTERLEAVED: Number(style === "interleaved"),
        BACK: Number(back),
      },
    });
  }

  record(recorder: Recorder, { x, at, table, rows }: RopeTurnArgs): void {
    const { heads, headDim, dimensions, positions } = this.options;
    checkSize("rope", "x", x, rows * heads * headDim * 4);
    checkSize("rope", "positions", at, rows * 4);
    checkSize("rope", "table", table, positions * dimensions * 4);
    this.#kernel.dispatch(recorder, [at, table, x], [rows]);
  }
}
