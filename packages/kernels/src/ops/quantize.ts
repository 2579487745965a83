import type { Binding, Recorder } from "../device.ts";
import { ceilDiv, checkShape, checkSize, type Kernel, type OpSet } from "./op.ts";

/** Inputs that share one scale. */
export const ACTIVATION_BLOCK = 32;

/** Blocks that one workgroup takes on the CPU: about 5 µs of work. */
const CPU_GROUP_BLOCKS = 64;

export interface QuantizeArgs {
  /** `[rows, k]` f32. */
  readonly x: Binding;
  /** `[rows, k]` int8, 4 a u32. */
  readonly xq: Binding;
  /** `[rows, k/32]` of (d, d · sum of the block's int8), f32. */
  readonly xs: Binding;
  readonly rows: number;
}

/** Bytes of the two outputs for `rows` rows of `k`. */
export function quantizedSize(rows: number, k: number): { xq: number; xs: number } {
  return { xq: rows * k, xs: rows * (k / ACTIVATION_BLOCK) * 8 };
}

/** Rows of f32 to int8 blocks of 32, for the integer weight types. `k` is a multiple of 32. */
export class Quantize {
  readonly k: number;
  readonly #kernel: Kernel;
  readonly #groupBlocks: number;

  /** @throws KernelError (`shape`) */
  constructor(ops: OpSet, { k }: { k: number }) {
    checkShape(k > 0 && k % ACTIVATION_BLOCK === 0, "quantize", `rows of ${k} are no multiple of ${ACTIVATION_BLOCK}`);
    this.k = k;
    const lanes = ops.device.info.workgroupSize;
    this.#groupBlocks = lanes === 1 ? CPU_GROUP_BLOCKS : lanes;
    this.#kernel = ops.kernel("quantize", { constants: { K: k, GROUP_BLOCKS: this.#groupBlocks } });
  }

  record(recorder: Recorder, { x, xq, xs, rows }: QuantizeArgs): void {
    const sizes = quantizedSize(rows, this.k);
    checkSize("quantize", "x", x, rows * this.k * 4);
    checkSize("quantize", "xq", xq, sizes.xq);
    checkSize("quantize", "xs", xs, sizes.xs);
    const groups = ceilDiv(this.k / ACTIVATION_BLOCK, this.#groupBlocks);
    this.#kernel.dispatch(recorder, [x, xq, xs], [groups, rows]);
  }
}
