import { type Device, type DeviceBuffer, KernelError, lowRankUnitBytes, type PackedLowRank } from "@tugboat/kernels";
import type { AdaptedPlan, AdaptedRef } from "./plan.ts";

/** The share of one group of matrices, as the low-rank kernels take it. */
export interface AdapterBuffers {
  readonly a: DeviceBuffer;
  readonly b: DeviceBuffer;
  readonly scales: DeviceBuffer;
}

/** Units at first: an adapter of rank 64, or eight of rank 8. */
const FIRST_UNITS = 8;

/**
 * Device memory for adapters, in units of 8 ranks: unit u of an adapter is the u-th share of every group of matrices. It is
 * allocated when the first adapter comes and doubled while they need more.
 */
export class AdapterPool {
  readonly targets: readonly AdaptedPlan[];
  readonly maxUnits: number;
  readonly unitBytes: number;
  readonly #device: Device;
  #buffers: readonly AdapterBuffers[] = [];
  #units = 0;

  /** @param bytes what all units together may take */
  constructor(device: Device, targets: readonly AdaptedPlan[], bytes: number) {
    this.#device = device;
    this.targets = targets;
    const sizes = targets.map((target) => lowRankUnitBytes(target));
    this.unitBytes = sizes.reduce((sum, { a, b, scales }) => sum + a + b + scales, 0);
    const largest = Math.max(1, ...sizes.map(({ a, b }) => Math.max(a, b)));
    const fitting = Math.floor(device.info.maxBufferSize / largest);
    this.maxUnits = this.unitBytes === 0 ? 0 : Math.min(fitting, Math.max(1, Math.floor(bytes / this.unitBytes)));
  }

  /** Allocated so far. */
  get units(): number {
    return this.#units;
  }

  buffers(ref: AdaptedRef): AdapterBuffers {
    const found = this.#buffers[ref];
    if (!found) throw new Error("no adapter was ever loaded");
    return found;
  }

  /** At least `units` units, keeping what the others hold. @throws KernelError `out-of-memory` */
  async grow(units: number): Promise<void> {
    if (units > this.maxUnits) throw new KernelError("out-of-memory", `adapters take ${this.maxUnits} units at most`);
    if (units <= this.#units) return;
    const wanted = Math.min(this.maxUnits, Math.max(units, FIRST_UNITS, this.#units * 2));
    const created: DeviceBuffer[] = [];
    const create = (bytes: number, label: string) => {
      const buffer = this.#device.createBuffer(wanted * bytes, label);
      created.push(buffer);
      return buffer;
    };
    try {
      const grown = this.targets.map((target) => {
        const bytes = lowRankUnitBytes(target);
        const label = target.tensors[0]!;
        return {
          a: create(bytes.a, `${label} adapters A`),
          b: create(bytes.b, `${label} adapters B`),
          scales: create(bytes.scales, `${label} adapters' scales`),
        };
      });
      for (const [i, old] of this.#buffers.entries()) {
        for (const part of ["a", "b", "scales"] as const) {
          const bytes = this.#units * lowRankUnitBytes(this.targets[i]!)[part];
          this.#device.write(grown[i]![part], 0, new Uint8Array(await this.#device.read(old[part], 0, bytes)));
        }
      }
      this.destroy();
      this.#buffers = grown;
      this.#units = wanted;
    } catch (error) {
      for (const buffer of created) buffer.destroy();
      throw error;
    }
  }

  /** An adapter's share of one group of matrices, from its first unit on. */
  write(ref: AdaptedRef, firstUnit: number, { a, b, scales }: PackedLowRank): void {
    const buffers = this.buffers(ref);
    const bytes = lowRankUnitBytes(this.targets[ref]!);
    this.#device.write(buffers.a, firstUnit * bytes.a, a);
    this.#device.write(buffers.b, firstUnit * bytes.b, b);
    this.#device.write(buffers.scales, firstUnit * bytes.scales, scales);
  }

  destroy(): void {
    for (const { a, b, scales } of this.#buffers) for (const buffer of [a, b, scales]) buffer.destroy();
    this.#buffers = [];
    this.#units = 0;
  }
}
