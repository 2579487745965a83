/**
 * What a device is. Two exist: `webgpu` (any vendor's GPU, through the browser's or Dawn's WebGPU)
 * and `cpu` (the same WGSL compiled to WebAssembly SIMD, run on worker threads over shared memory).
 */

/** A range of device memory. Created zeroed. Sizes are bytes and multiples of 4. */
export interface DeviceBuffer {
  readonly label: string;
  readonly size: number;
  /** Frees the memory. Recordings that use the buffer must not run afterwards. */
  destroy(): void;
}

/** A whole buffer, or a range of one. `offset` and `size` in bytes; `offset` is a multiple of 256. */
export type Binding = DeviceBuffer | { readonly buffer: DeviceBuffer; readonly offset: number; readonly size: number };

/** One kernel, specialised. `constants` are values of the source's `override` declarations. */
export interface PipelineSpec {
  /** For messages, timings and the tuner: `matmul_q8_0 n=576 k=576`. */
  readonly name: string;
  /** WGSL, one module with one `@compute` entry point called `main`. */
  readonly code: string;
  readonly constants?: Readonly<Record<string, number>>;
}

export interface Pipeline {
  readonly name: string;
}

/** Numbers of workgroups in x, y, z. */
export type Groups = readonly [x: number, y?: number, z?: number];

export interface Recorder {
  /**
   * Appends one dispatch. `bindings[i]` is bound to `@group(0) @binding(i)`. A kernel's `var<uniform>` is always the
   * LAST binding; its content is given by `params` (copied now, constant for every replay).
   * Dispatches run in order, each sees the writes of those before it.
   * @throws KernelError when a binding is missing or smaller than what the kernel will touch.
   */
  dispatch(pipeline: Pipeline, bindings: readonly Binding[], groups: Groups, params?: ArrayBufferView): void;
  /** Copies `size` bytes between buffers (multiples of 4). */
  copy(from: DeviceBuffer, fromOffset: number, to: DeviceBuffer, toOffset: number, size: number): void;
}

/** A recorded sequence of dispatches; cheap to run again and again. */
export interface Recording {
  readonly dispatches: number;
  destroy(): void;
}

export interface DeviceInfo {
  readonly kind: "cpu" | "webgpu";
  /** `NVIDIA H100`, `AMD EPYC, 2 threads, SIMD (relaxed)`. */
  readonly description: string;
  /** CPU: threads that run kernels, the calling thread included. GPU: 0. */
  readonly threads: number;
  readonly features: ReadonlySet<string>;
  /** Lanes a workgroup should have here: 1 on the CPU, a multiple of the subgroup size on a GPU. */
  readonly workgroupSize: number;
  readonly maxBufferSize: number;
  readonly maxWorkgroupMemory: number;
}

export interface Device {
  readonly info: DeviceInfo;
  /** @throws KernelError (`out-of-memory`) when the device has no room. */
  createBuffer(size: number, label: string): DeviceBuffer;
  /** Copies host bytes in, ordered with later runs. `offset` and byte length are multiples of 4. */
  write(buffer: DeviceBuffer, offset: number, data: ArrayBufferView): void;
  /** Waits for everything run so far, then copies out. */
  read(buffer: DeviceBuffer, offset?: number, size?: number): Promise<ArrayBuffer>;
  /** Compiles; the same spec twice gives the same pipeline. All at once is cheaper than one by one. */
  createPipelines(specs: readonly PipelineSpec[]): Promise<Pipeline[]>;
  record(label: string, build: (recorder: Recorder) => void): Recording;
  /** Enqueues a recording. On the CPU device it has finished when this returns. */
  run(recording: Recording): void;
  /** Resolves when everything run so far has finished. */
  finish(): Promise<void>;
  destroy(): void;
}

export type KernelErrorCode =
  | "compile"
  | "unsupported-wgsl"
  | "binding"
  | "out-of-memory"
  | "shape"
  | "device-lost"
  | "no-device";

/** Every error that this package throws on purpose. `hint` says what to do. */
export class KernelError extends Error {
  readonly code: KernelErrorCode;
  readonly hint: string | undefined;
  constructor(code: KernelErrorCode, message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "KernelError";
    this.code = code;
    this.hint = hint;
  }
}
