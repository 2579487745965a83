import type { Binding, Device, DeviceBuffer, Recorder } from "@tugboat/kernels";

/** Rows of a micro-batch, and how many of them have a loss; both rounded up, see `shapeOf`. */
export interface BatchShape {
  readonly rows: number;
  readonly lossRows: number;
}

/** A buffer that a step needs for a while. Where it lies is decided when every instruction is known. */
export interface Scratch {
  readonly label: string;
  /** For the largest batch. */
  readonly bytes: number;
}

/** Part of a step: what it touches and how it is recorded. */
export interface Instruction {
  readonly touches: readonly Scratch[];
  record(recorder: Recorder, at: (scratch: Scratch) => Binding, shape: BatchShape): void;
}

/** Device memory for every scratch of a list of instructions: two share a buffer when one is done before the other starts. */
export class ScratchMemory {
  readonly bytes: number;
  readonly #places = new Map<Scratch, DeviceBuffer>();
  readonly #buffers: DeviceBuffer[] = [];

  /** @throws KernelError (`out-of-memory`) */
  constructor(device: Device, instructions: readonly Instruction[]) {
    const plan = planScratch(instructions);
    try {
      for (const bytes of plan.sizes) this.#buffers.push(device.createBuffer(bytes, "training scratch"));
    } catch (error) {
      this.destroy();
      throw error;
    }
    for (const [scratch, place] of plan.places) this.#places.set(scratch, this.#buffers[place]!);
    this.bytes = plan.sizes.reduce((sum, size) => sum + size, 0);
  }

  at(scratch: Scratch): DeviceBuffer {
    const buffer = this.#places.get(scratch);
    if (!buffer) throw new Error(`${scratch.label} is used and no instruction touches it`);
    return buffer;
  }

  destroy(): void {
    for (const buffer of this.#buffers) buffer.destroy();
  }
}

/** Which buffer each scratch gets, and the sizes of the buffers, in bytes. */
export function planScratch(instructions: readonly Instruction[]): { places: Map<Scratch, number>; sizes: number[] } {
  const last = new Map<Scratch, number>();
  instructions.forEach(({ touches }, i) => {
    for (const scratch of touches) last.set(scratch, i);
  });
  const places = new Map<Scratch, number>();
  const sizes: number[] = [];
  const free = new Set<number>();
  instructions.forEach(({ touches }, i) => {
    for (const scratch of touches) {
      if (places.has(scratch)) continue;
      const place = fitting(free, sizes, scratch.bytes) ?? sizes.push(scratch.bytes) - 1;
      free.delete(place);
      places.set(scratch, place);
    }
    for (const scratch of new Set(touches)) if (last.get(scratch) === i) free.add(places.get(scratch)!);
  });
  return { places, sizes };
}

/** The smallest free buffer that is large enough and not twice as large. */
function fitting(free: ReadonlySet<number>, sizes: readonly number[], bytes: number): number | undefined {
  let best: number | undefined;
  for (const place of free) {
    const size = sizes[place]!;
    if (size < bytes || size > 2 * bytes) continue;
    if (best === undefined || size < sizes[best]!) best = place;
  }
  return best;
}
