import type { Binding, Recorder } from "../../device.ts";
import { ceilDiv, checkSize, type Kernel, type OpSet } from "../op.ts";

/** Rows of one workgroup. */
const CPU_GROUP = 512;

/** x `[rows, columns]` → panels of 4 columns, `⌈columns / 4⌉ · rows` vec4s: what `Gemm` reads as b where the sum is over rows. */
export class Panels {
  readonly columns: number;
  readonly #kernel: Kernel;
  readonly #group: number;

  constructor(ops: OpSet, { columns }: { columns: number }) {
    this.columns = columns;
    this.#group = ops.device.info.workgroupSize === 1 ? CPU_GROUP : ops.device.info.workgroupSize;
    this.#kernel = ops.kernel("panels", { constants: { COLUMNS: columns, GROUP: this.#group } });
  }

  record(recorder: Recorder, { x, out, rows }: { x: Binding; out: Binding; rows: number }): void {
    const panels = ceilDiv(this.columns, 4);
    checkSize("panels", "x", x, rows * this.columns * 4);
    checkSize("panels", "out", out, panels * rows * 16);
    this.#kernel.dispatch(recorder, [x, out], [ceilDiv(rows, this.#group), panels], Uint32Array.of(rows));
  }
}
