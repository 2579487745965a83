/** Bits of WebGPU's usage flags (the specification fixes them; Node has no global `GPUBufferUsage`). */
export const MAP_READ = 0x0001;
export const COPY_SRC = 0x0004;
export const COPY_DST = 0x0008;
export const UNIFORM = 0x0040;
export const STORAGE = 0x0080;

export const MAP_MODE_READ = 0x0001;
export const STAGE_COMPUTE = 0x4;

/** Every adapter accepts uniform and storage offsets that are multiples of this. */
export const OFFSET_ALIGNMENT = 256;

export function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}
