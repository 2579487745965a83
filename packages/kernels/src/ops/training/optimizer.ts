import type { Binding, Recorder } from "../../device.ts";
import { ceilDiv, checkShape, checkSize, type Kernel, type OpSet } from "../op.ts";

/** vec4s of one workgroup. */
const GROUP4 = 4096;

export interface AdamWStep {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** From 1 on. */
  readonly step: number;
  /** What gradients are multiplied by first: clipping. */
  readonly factor: number;
}

/** The content of `hyper`. */
export function encodeAdamW(s: AdamWStep): Float32Array<ArrayBuffer> {
  const corrections = [1 - s.beta1 ** s.step, Math.sqrt(1 - s.beta2 ** s.step)];
  return Float32Array.of(s.learningRate, s.beta1, s.beta2, s.epsilon, s.weightDecay, ...corrections, s.factor, s.step);
}

/** Bytes of `encodeAdamW`. */
export const adamWHyperBytes = 36;

interface UpdateArgs {
  /** 9 f32, see `encodeAdamW`. */
  readonly hyper: Binding;
  /** `count` f32 each, a multiple of 4. The gradient is zero afterwards. */
  readonly value: Binding;
  readonly gradient: Binding;
  readonly count: number;
  /** Whether weight decay applies. */
  readonly decays: boolean;
}

export interface AdamWArgs extends UpdateArgs {
  /** `count` f32 each. */
  readonly first: Binding;
  readonly second: Binding;
}

export interface PackedAdamWArgs extends UpdateArgs {
  /** `packedMomentBytes(count)` bytes, zero before the first step. */
  readonly moments: Binding;
}

/** AdamW with decoupled weight decay, as PyTorch computes it. */
export class AdamW {
  readonly #decaying: Kernel;
  readonly #plain: Kernel;

  constructor(ops: OpSet) {
    this.#decaying = ops.kernel("adamw", { constants: { GROUP4, DECAY: 1 } });
    this.#plain = ops.kernel("adamw", { constants: { GROUP4, DECAY: 0 } });
  }

  record(recorder: Recorder, { hyper, value, gradient, first, second, count, decays }: AdamWArgs): void {
    const count4 = fours("adamw", count);
    checkSize("adamw", "hyper", hyper, adamWHyperBytes);
    const buffers = { value, gradient, first, second };
    for (const [role, binding] of Object.entries(buffers)) checkSize("adamw", role, binding, count * 4);
    const kernel = decays ? this.#decaying : this.#plain;
    const groups = [ceilDiv(count4, GROUP4)] as const;
    kernel.dispatch(recorder, [hyper, value, gradient, first, second], groups, Uint32Array.of(count4));
  }
}

/** Values of a block that share their scales, and its 4-byte words. */
const PACKED_BLOCK = 256;
const PACKED_WORDS = 98;
/** Blocks of one workgroup. */
const GROUP_BLOCKS = 8;

/** Bytes of both moments of `count` values: 1.53 for each, instead of 8. */
export function packedMomentBytes(count: number): number {
  return ceilDiv(count, PACKED_BLOCK) * PACKED_WORDS * 4;
}

/** AdamW whose moments have 4 and 8 bits a value; the same from run to run. */
export class PackedAdamW {
  readonly #decaying: Kernel;
  readonly #plain: Kernel;

  constructor(ops: OpSet) {
    const kernel = (DECAY: number) =>
      ops.kernel("adamw_packed", { constants: { GROUP_BLOCKS, DECAY }, workgroupSize: 32 });
    this.#decaying = kernel(1);
    this.#plain = kernel(0);
  }

  record(recorder: Recorder, { hyper, value, gradient, moments, count, decays }: PackedAdamWArgs): void {
    const count4 = fours("adamw_packed", count);
    checkSize("adamw_packed", "hyper", hyper, adamWHyperBytes);
    for (const [role, binding] of Object.entries({ value, gradient })) {
      checkSize("adamw_packed", role, binding, count * 4);
    }
    checkSize("adamw_packed", "moments", moments, packedMomentBytes(count));
    const kernel = decays ? this.#decaying : this.#plain;
    const groups = [ceilDiv(ceilDiv(count, PACKED_BLOCK), GROUP_BLOCKS)] as const;
    kernel.dispatch(recorder, [hyper, value, gradient, moments], groups, Uint32Array.of(count4));
  }
}

/** Sums of squares in parts, one f32 for each 16,384 values or so: the host adds them in order and takes the root. */
export class SumSquares {
  readonly #kernel: Kernel;

  constructor(ops: OpSet) {
    this.#kernel = ops.kernel("sum_squares", { constants: { GROUP4 } });
  }

  /** How many parts `count` values take. */
  parts(count: number): number {
    return ceilDiv(count / 4, GROUP4);
  }

  /** Writes `parts(count)` values to `out` from element `first` on. */
  record(
    recorder: Recorder,
    { x, out, first, count }: { x: Binding; out: Binding; first: number; count: number },
  ): void {
    const count4 = fours("sum_squares", count);
    checkSize("sum_squares", "x", x, count * 4);
    checkSize("sum_squares", "out", out, (first + this.parts(count)) * 4);
    this.#kernel.dispatch(recorder, [x, out], [this.parts(count)], Uint32Array.of(count4, first));
  }
}

function fours(op: string, count: number): number {
  checkShape(count % 4 === 0, op, `${count} values are no multiple of 4`);
  return count / 4;
}
