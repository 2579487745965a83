import type { Binding, Recorder } from "../../device.ts";
import type { GluActivation } from "../glu.ts";
import { ceilDiv, checkShape, checkSize, type Kernel, type OpSet } from "../op.ts";

const ACTIVATIONS: Readonly<Record<GluActivation, number>> = { silu: 0, gelu: 1, relu2: 2 };

/** vec4s of one workgroup: on the CPU some microseconds of work. */
function groupOf(ops: OpSet, cpu: number): number {
  return ops.device.info.workgroupSize === 1 ? cpu : ops.device.info.workgroupSize * 4;
}

function fours(op: string, count: number): number {
  checkShape(count % 4 === 0, op, `${count} values are no multiple of 4`);
  return count / 4;
}

/** out = a + b, `count` f32s, a multiple of 4. */
export class Add {
  readonly #kernel: Kernel;
  readonly #group: number;

  constructor(ops: OpSet) {
    this.#group = groupOf(ops, 4096);
    this.#kernel = ops.kernel("add", { constants: { GROUP4: this.#group } });
  }

  record(recorder: Recorder, { a, b, out, count }: { a: Binding; b: Binding; out: Binding; count: number }): void {
    const count4 = fours("add", count);
    for (const [role, binding] of Object.entries({ a, b, out })) checkSize("add", role, binding, count * 4);
    this.#kernel.dispatch(recorder, [a, b, out], [ceilDiv(count4, this.#group)], Uint32Array.of(count4));
  }
}

export interface GluBackArgs {
  readonly gate: Binding;
  readonly up: Binding;
  readonly dy: Binding;
  readonly dgate: Binding;
  readonly dup: Binding;
  /** f32s of each, a multiple of 4. */
  readonly count: number;
}

/** Gradients of activation(gate) · up. */
export class GluBack {
  readonly #kernel: Kernel;
  readonly #group: number;

  constructor(ops: OpSet, { activation }: { activation: GluActivation }) {
    this.#group = groupOf(ops, 1024);
    this.#kernel = ops.kernel("glu_back", { constants: { GROUP4: this.#group, ACTIVATION: ACTIVATIONS[activation] } });
  }

  record(recorder: Recorder, { count, ...buffers }: GluBackArgs): void {
    const count4 = fours("glu_back", count);
    for (const [role, binding] of Object.entries(buffers)) checkSize("glu_back", role, binding, count * 4);
    const { gate, up, dy, dgate, dup } = buffers;
    const groups = [ceilDiv(count4, this.#group)] as const;
    this.#kernel.dispatch(recorder, [gate, up, dy, dgate, dup], groups, Uint32Array.of(count4));
  }
}
