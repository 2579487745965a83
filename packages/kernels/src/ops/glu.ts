import type { Binding, Recorder } from "../device.ts";
import { checkShape, checkSize, type Kernel, type OpSet } from "./op.ts";
import { ACTIVATION_BLOCK, quantizedSize } from "./quantize.ts";
import { pieces, quarters } from "./rows.ts";

/** `gelu` is the tanh form. */
export type GluActivation = "silu" | "gelu" | "relu2";

const ACTIVATIONS: Readonly<Record<GluActivation, number>> = { silu: 0, gelu: 1, relu2: 2 };

/** vec4s, and blocks of 32, that one workgroup takes on the CPU: about 5 µs of work. */
const CPU_GROUP4 = 512;
const CPU_GROUP_BLOCKS = 64;

export interface GluOptions {
  /** Of the result; a multiple of 4, of 32 for `GluQuantized`. */
  readonly dim: number;
  readonly activation: GluActivation;
  /** True: gate and up are one buffer `[rows, 2·dim]`, each row its gates, then its ups. */
  readonly fused: boolean;
  /** One buffer as when fused, but each row four gates, then four ups, by turns: as a gated product lays them out. */
  readonly alternating?: boolean;
}

/** Gate and up, `[rows, dim]` f32 each; the same buffer twice when fused. */
interface Inputs {
  readonly gate: Binding;
  readonly up: Binding;
  readonly rows: number;
}

export interface GluArgs extends Inputs {
  /** `[rows, dim]` f32. */
  readonly y: Binding;
}

export interface GluQuantizedArgs extends Inputs {
  /** As `Quantize` gives them. */
  readonly xq: Binding;
  readonly xs: Binding;
}

/** y = activation(gate) · up. */
export class Glu {
  readonly dim: number;
  readonly #kernel: Kernel;
  readonly #pieces: number;
  readonly #isFused: boolean;

  /** @throws KernelError (`shape`) */
  constructor(ops: OpSet, options: GluOptions) {
    this.dim = options.dim;
    this.#isFused = options.fused || options.alternating === true;
    const { size, count } = pieces(ops, quarters("glu", options.dim), CPU_GROUP4);
    this.#pieces = count;
    this.#kernel = ops.kernel("glu", { constants: { ...constantsOf("glu", options), GROUP4: size } });
  }

  record(recorder: Recorder, { gate, up, y, rows }: GluArgs): void {
    checkInputs("glu", { gate, up, rows }, this.dim, this.#isFused);
    checkSize("glu", "y", y, rows * this.dim * 4);
    this.#kernel.dispatch(recorder, [gate, up, y], [this.#pieces, rows]);
  }
}

/** `Glu`, then `Quantize`, in one pass. */
export class GluQuantized {
  readonly dim: number;
  readonly #kernel: Kernel;
  readonly #pieces: number;
  readonly #isFused: boolean;

  /** @throws KernelError (`shape`) */
  constructor(ops: OpSet, options: GluOptions) {
    const { dim } = options;
    checkShape(dim % ACTIVATION_BLOCK === 0, "glu_q8", `rows of ${dim} are no multiple of ${ACTIVATION_BLOCK}`);
    this.dim = dim;
    this.#isFused = options.fused;
    const lanes = ops.device.info.workgroupSize;
    const size = lanes === 1 ? CPU_GROUP_BLOCKS : lanes;
    this.#pieces = Math.ceil(dim / ACTIVATION_BLOCK / size);
    this.#kernel = ops.kernel("glu_q8", { constants: { ...constantsOf("glu_q8", options), GROUP_BLOCKS: size } });
  }

  record(recorder: Recorder, { gate, up, xq, xs, rows }: GluQuantizedArgs): void {
    checkInputs("glu_q8", { gate, up, rows }, this.dim, this.#isFused);
    const sizes = quantizedSize(rows, this.dim);
    checkSize("glu_q8", "xq", xq, sizes.xq);
    checkSize("glu_q8", "xs", xs, sizes.xs);
    this.#kernel.dispatch(recorder, [gate, up, xq, xs], [this.#pieces, rows]);
  }
}

function constantsOf(op: string, { dim, activation, alternating, fused }: GluOptions): Record<string, number> {
  const DIM4 = quarters(op, dim);
  const ACTIVATION = ACTIVATIONS[activation];
  if (alternating) return { DIM4, STRIDE4: 2 * DIM4, UP_OFFSET4: 1, STEP4: 2, ACTIVATION };
  const STRIDE4 = fused ? 2 * DIM4 : DIM4;
  return { DIM4, STRIDE4, UP_OFFSET4: fused ? DIM4 : 0, ACTIVATION };
}

function checkInputs(op: string, { gate, up, rows }: Inputs, dim: number, isFused: boolean): void {
  checkShape(!isFused || gate === up, op, "fused gate and up are one buffer");
  const bytes = rows * dim * 4 * (isFused ? 2 : 1);
  checkSize(op, "gate", gate, bytes);
  checkSize(op, "up", up, bytes);
}
