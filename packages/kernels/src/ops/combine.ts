import type { Binding, Recorder } from "../device.ts";
import { checkSize, type Kernel, type OpSet } from "./op.ts";
import { pieces, quarters } from "./rows.ts";

/** vec4s that one workgroup takes on the CPU: about 5 µs of work. */
const CPU_GROUP4 = 4096;

export interface CombineArgs {
  /** `[rows, dim]` f32, changed. */
  readonly x: Binding;
  /** `[rows, dim]` f32. */
  readonly y: Binding;
  readonly rows: number;
}

/** x += y, or x *= y, element by element. */
export class Combine {
  readonly dim: number;
  readonly #kernel: Kernel;
  readonly #pieces: number;

  /** `dim` is a multiple of 4. @throws KernelError (`shape`) */
  constructor(ops: OpSet, { dim, operation }: { dim: number; operation: "add" | "multiply" }) {
    this.dim = dim;
    const DIM4 = quarters("combine", dim);
    const { size, count } = pieces(ops, DIM4, CPU_GROUP4);
    this.#pieces = count;
    const constants = { DIM4, MULTIPLY: Number(operation === "multiply"), GROUP4: size };
    this.#kernel = ops.kernel("combine", { constants });
  }

  record(recorder: Recorder, { x, y, rows }: CombineArgs): void {
    checkSize("combine", "x", x, rows * this.dim * 4);
    checkSize("combine", "y", y, rows * this.dim * 4);
    this.#kernel.dispatch(recorder, [x, y], [this.#pieces, rows]);
  }
}
