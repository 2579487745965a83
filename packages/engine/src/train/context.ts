import type { Device, DeviceBuffer, OpSet } from "@tugboat/kernels";
import type { RopeSpec } from "../architectures/rope.ts";
import { ropeTable } from "../architectures/rope.ts";
import type { BatchBuffers } from "./batch-buffers.ts";
import type { TrainingModel } from "./model.ts";

/** What the rules of nodes are written with. */
export interface RuleContext {
  readonly ops: OpSet;
  readonly model: TrainingModel;
  readonly batch: BatchBuffers;
  /** Rows of the largest micro-batch. */
  readonly maxRows: number;
  /** False: the frozen model alone, as if it had no adapter. */
  readonly adapts: boolean;
  ropeTable(spec: RopeSpec): DeviceBuffer;
}

/** RoPE tables on the device, one per kind of layer. */
export class RopeTables {
  readonly #device: Device;
  readonly #context: number;
  readonly #tables = new Map<RopeSpec, DeviceBuffer>();

  constructor(device: Device, context: number) {
    this.#device = device;
    this.#context = context;
  }

  get positions(): number {
    return this.#context;
  }

  of(spec: RopeSpec): DeviceBuffer {
    const known = this.#tables.get(spec);
    if (known) return known;
    const values = ropeTable(spec, this.#context);
    const buffer = this.#device.createBuffer(values.byteLength, "rope table");
    this.#device.write(buffer, 0, values);
    this.#tables.set(spec, buffer);
    return buffer;
  }

  destroy(): void {
    for (const buffer of this.#tables.values()) buffer.destroy();
  }
}
