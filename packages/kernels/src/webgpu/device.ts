import type { Device, DeviceBuffer, DeviceInfo, Pipeline, PipelineSpec, Recorder, Recording } from "../device.ts";
import { KernelError } from "../device.ts";
import { asWebGpuBuffer, WebGpuBuffer } from "./buffer.ts";
import { alignUp, COPY_DST, MAP_MODE_READ, MAP_READ } from "./constants.ts";
import { PipelineCache } from "./pipeline.ts";
import { WebGpuRecorder, WebGpuRecording } from "./recording.ts";

/**
 * The GPU device, the same in Node (Dawn) and in browsers and their workers: it only needs a `GPUDevice`.
 * WebGPU reports most failures late; they are kept and thrown by the next `run`, `read` or `finish`.
 */
export class WebGpuDevice implements Device {
  readonly info: DeviceInfo;
  readonly #gpu: GPUDevice;
  readonly #pipelines: PipelineCache;
  #failure: KernelError | undefined;
  #destroyed = false;

  constructor(gpu: GPUDevice, info: DeviceInfo) {
    this.#gpu = gpu;
    this.info = info;
    this.#pipelines = new PipelineCache(gpu);
    gpu.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#fail(new KernelError("binding", `WebGPU refused a command: ${event.error.message}`));
    });
    void gpu.lost.then(({ message, reason }) => {
      if (this.#destroyed) return;
      const hint = "Load the model again; if it happens often, use a smaller context or the CPU device.";
      this.#fail(new KernelError("device-lost", `the GPU device was lost (${reason}): ${message}`, hint));
    });
  }

  createBuffer(size: number, label: string): DeviceBuffer {
    this.#check();
    if (!Number.isSafeInteger(size) || size < 0 || size % 4 !== 0) {
      throw new KernelError("shape", `buffer "${label}" of ${size} bytes: sizes are whole multiples of 4`);
    }
    const limit = this.info.maxBufferSize;
    if (size > limit) throw outOfMemory(label, size, `this GPU allows ${limit} bytes in one buffer`);
    this.#gpu.pushErrorScope("out-of-memory");
    const buffer = new WebGpuBuffer(this.#gpu, size, label);
    this.#gpu.popErrorScope().then(
      (error) => {
        if (error !== null) this.#fail(outOfMemory(label, size, error.message));
      },
      () => undefined, // The device is gone; `lost` tells it.
    );
    return buffer;
  }

  write(buffer: DeviceBuffer, offset: number, data: ArrayBufferView): void {
    this.#check();
    const target = asWebGpuBuffer(this.#gpu, buffer);
    const bytes = data.byteLength;
    if (offset % 4 !== 0 || bytes % 4 !== 0 || offset < 0 || offset + bytes > target.size) {
      throw new KernelError(
        "binding",
        `write of ${bytes} bytes at ${offset} to "${target.label}" (${target.size} bytes)`,
      );
    }
    if (bytes === 0) return;
    this.#gpu.queue.writeBuffer(target.gpuBuffer, offset, data.buffer, data.byteOffset, bytes);
  }

  async read(buffer: DeviceBuffer, offset = 0, size = buffer.size - offset): Promise<ArrayBuffer> {
    this.#check();
    const source = asWebGpuBuffer(this.#gpu, buffer);
    if (offset % 4 !== 0 || size < 0 || offset < 0 || offset + size > source.size) {
      throw new KernelError(
        "binding",
        `read of ${size} bytes at ${offset} from "${source.label}" (${source.size} bytes)`,
      );
    }
    if (size === 0) return new ArrayBuffer(0);
    const staging = this.#gpu.createBuffer({ label: "read", size: alignUp(size, 4), usage: MAP_READ | COPY_DST });
    try {
      const encoder = this.#gpu.createCommandEncoder();
      encoder.copyBufferToBuffer(source.gpuBuffer, offset, staging, 0, alignUp(size, 4));
      this.#gpu.queue.submit([encoder.finish()]);
      await this.#settled(staging.mapAsync(MAP_MODE_READ));
      return staging.getMappedRange().slice(0, size);
    } finally {
      staging.destroy();
    }
  }

  async createPipelines(specs: readonly PipelineSpec[]): Promise<Pipeline[]> {
    this.#check();
    return this.#settled(Promise.all(specs.map((spec) => this.#pipelines.get(spec))));
  }

  record(label: string, build: (recorder: Recorder) => void): Recording {
    this.#check();
    const recorder = new WebGpuRecorder(this.#gpu);
    build(recorder);
    return recorder.finish(label);
  }

  run(recording: Recording): void {
    this.#check();
    if (!(recording instanceof WebGpuRecording) || recording.owner !== this.#gpu) {
      throw new KernelError("binding", "the recording does not belong to this WebGPU device");
    }
    const encoder = this.#gpu.createCommandEncoder();
    recording.encode(encoder);
    this.#gpu.queue.submit([encoder.finish()]);
  }

  async finish(): Promise<void> {
    await this.#settled(this.#gpu.queue.onSubmittedWorkDone());
  }

  destroy(): void {
    this.#destroyed = true;
    this.#gpu.destroy();
  }

  /** Prefers the reason that WebGPU reported on the side to the bare rejection that follows from it. */
  async #settled<T>(work: Promise<T>): Promise<T> {
    try {
      const result = await work;
      this.#check();
      return result;
    } catch (error) {
      this.#check();
      throw error instanceof KernelError
        ? error
        : new KernelError("device-lost", String(error), undefined, { cause: error });
    }
  }

  #fail(error: KernelError): void {
    // A lost device stays lost; anything else is reported once.
    if (this.#failure?.code !== "device-lost") this.#failure ??= error;
  }

  #check(): void {
    if (this.#destroyed) throw new KernelError("device-lost", "the GPU device was destroyed");
    const failure = this.#failure;
    if (failure === undefined) return;
    if (failure.code !== "device-lost") this.#failure = undefined;
    throw failure;
  }
}

function outOfMemory(label: string, size: number, why: string): KernelError {
  return new KernelError(
    "out-of-memory",
    `no room on the GPU for "${label}" (${(size / 2 ** 20).toFixed(1)} MiB): ${why}`,
    "Use a smaller model, a shorter context, or the CPU device.",
  );
}
