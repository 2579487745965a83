import type { Binding, DeviceBuffer } from "../device.ts";
import { KernelError } from "../device.ts";
import { alignUp, COPY_DST, COPY_SRC, OFFSET_ALIGNMENT, STORAGE } from "./constants.ts";

/** The smallest array element is at most a vec4: a binding below this would be refused. */
const SMALLEST = 16;

export class WebGpuBuffer implements DeviceBuffer {
  readonly label: string;
  readonly size: number;
  readonly gpuBuffer: GPUBuffer;
  readonly owner: GPUDevice;
  #destroyed = false;

  constructor(gpu: GPUDevice, size: number, label: string) {
    this.owner = gpu;
    this.label = label;
    this.size = size;
    const bytes = Math.max(SMALLEST, alignUp(size, 4));
    this.gpuBuffer = gpu.createBuffer({ label, size: bytes, usage: STORAGE | COPY_SRC | COPY_DST });
  }

  get destroyed(): boolean {
    return this.#destroyed;
  }

  destroy(): void {
    this.#destroyed = true;
    this.gpuBuffer.destroy();
  }
}

/** @throws KernelError (`binding`) for a buffer of another device or one that was destroyed. */
export function asWebGpuBuffer(gpu: GPUDevice, buffer: DeviceBuffer): WebGpuBuffer {
  if (!(buffer instanceof WebGpuBuffer) || buffer.owner !== gpu) {
    throw new KernelError("binding", `buffer "${buffer.label}" does not belong to this WebGPU device`);
  }
  if (buffer.destroyed) throw new KernelError("binding", `buffer "${buffer.label}" was destroyed`);
  return buffer;
}

export interface ResolvedBinding {
  readonly buffer: WebGpuBuffer;
  readonly resource: GPUBufferBinding;
}

/** @throws KernelError (`binding`) when a range leaves its buffer or is misaligned. */
export function resolveBinding(gpu: GPUDevice, binding: Binding, where: string): ResolvedBinding {
  if (!("buffer" in binding)) {
    const buffer = asWebGpuBuffer(gpu, binding);
    return { buffer, resource: { buffer: buffer.gpuBuffer } };
  }
  const buffer = asWebGpuBuffer(gpu, binding.buffer);
  const { offset, size } = binding;
  if (offset % OFFSET_ALIGNMENT !== 0 || size % 4 !== 0 || size <= 0 || offset < 0 || offset + size > buffer.size) {
    throw new KernelError(
      "binding",
      `${where}: range ${offset}..${offset + size} does not fit buffer "${buffer.label}" of ${buffer.size} bytes`,
      `Offsets are multiples of ${OFFSET_ALIGNMENT}, sizes of 4.`,
    );
  }
  return { buffer, resource: { buffer: buffer.gpuBuffer, offset, size } };
}
