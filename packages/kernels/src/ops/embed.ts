import type { Binding, Recorder } from "../device.ts";
import { checkShape, checkSize, type Kernel, type OpSet } from "./op.ts";
import { rowBytes, type Weight, type WeightShape, type WeightType } from "./weight.ts";

const TYPES: Readonly<Record<WeightType, number>> = { f32: 0, f16: 1, bf16: 2, q8_0: 3, q4_0: 4, q4_K: 5, q6_K: 6 };

export interface EmbedArgs {
  /** `[rows]` u32; ids past the table read its last row. */
  readonly tokens: Binding;
  readonly table: Weight;
  /** `[rows, k]` f32. */
  readonly x: Binding;
  readonly rows: number;
}

/** x[row] = scale · table[tokens[row]], from a weight `[n, k]` of any type. */
export class Embed {
  readonly shape: WeightShape;
  readonly #kernel: Kernel;

  /** @throws KernelError (`shape`) */
  constructor(ops: OpSet, { shape, scale = 1 }: { shape: WeightShape; scale?: number }) {
    rowBytes(shape.type, shape.k);
    checkShape(shape.gated !== true && shape.n > 0, "embed", "the table is a gated pair or empty");
    this.shape = shape;
    const constants = { TYPE: TYPES[shape.type], N: shape.n, K: shape.k, SCALE: scale };
    this.#kernel = ops.kernel("embed", { constants });
  }

  record(recorder: Recorder, { tokens, table, x, rows }: EmbedArgs): void {
    const { type, n, k } = this.shape;
    checkShape(
      table.type === type && table.n === n && table.k === k,
      "embed",
      `made for ${type} [${n}, ${k}], given ${table.label}, ${table.type} [${table.n}, ${table.k}]`,
    );
    checkSize("embed", "tokens", tokens, rows * 4);
    checkSize("embed", "x", x, rows * k * 4);
    this.#kernel.dispatch(recorder, [table.quants, table.scales ?? table.quants, tokens, x], [rows]);
  }
}
