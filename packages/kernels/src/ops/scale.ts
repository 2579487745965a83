import type { Binding, Recorder } from "../device.ts";
import { checkSize, type Kernel, type OpSet } from "./op.ts";
import { pieces, quarters } from "./rows.ts";

/** vec4s that one workgroup takes on the CPU: about 5 µs of work. */
const CPU_GROUP4 = 1024;

export interface ScaleOptions {
  /** Length of a row, a multiple of 4. */
  readonly dim: number;
  readonly factor?: number;
  /** cap · tanh(x / cap) after scaling; 0 or undefined: none. */
  readonly softcap?: number;
}

/** x *= factor, then the soft cap, in place: logits of Gemma 2 and of models with a logit scale. */
export class Scale {
  readonly dim: number;
  readonly #kernel: Kernel;
  readonly #pieces: number;

  /** @throws KernelError (`shape`) */
  constructor(ops: OpSet, { dim, factor = 1, softcap = 0 }: ScaleOptions) {
    this.dim = dim;
    const DIM4 = quarters("scale", dim);
    const { size, count } = pieces(ops, DIM4, CPU_GROUP4);
    this.#pieces = count;
    this.#kernel = ops.kernel("scale", { constants: { DIM4, SCALE: factor, SOFTCAP: softcap, GROUP4: size } });
  }

  /** @param x `[rows, dim]` f32 */
  record(recorder: Recorder, { x, rows }: { readonly x: Binding; readonly rows: number }): void {
    checkSize("scale", "x", x, rows * this.dim * 4);
    this.#kernel.dispatch(recorder, [x], [this.#pieces, rows]);
  }
}
