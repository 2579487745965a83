import type { Binding, DeviceBuffer, Groups, Pipeline, Recorder, Recording } from "../device.ts";
import { KernelError } from "../device.ts";
import { asWebGpuBuffer, type ResolvedBinding, resolveBinding } from "./buffer.ts";
import { alignUp, COPY_DST, OFFSET_ALIGNMENT, UNIFORM } from "./constants.ts";
import { WebGpuPipeline } from "./pipeline.ts";

type Step =
  | { type: "dispatch"; pipeline: GPUComputePipeline; group: GPUBindGroup; groups: [number, number, number] }
  | { type: "copy"; from: GPUBuffer; fromOffset: number; to: GPUBuffer; toOffset: number; size: number };

interface PendingDispatch {
  readonly pipeline: WebGpuPipeline;
  readonly bindings: readonly ResolvedBinding[];
  readonly groups: [number, number, number];
  readonly paramsOffset: number;
  readonly paramsSize: number;
}

/** Everything a replay needs exists already: it only encodes. */
export class WebGpuRecording implements Recording {
  readonly owner: GPUDevice;
  readonly dispatches: number;
  readonly #steps: readonly Step[];
  readonly #params: GPUBuffer | undefined;

  constructor(owner: GPUDevice, steps: readonly Step[], params: GPUBuffer | undefined) {
    this.owner = owner;
    this.#steps = steps;
    this.#params = params;
    this.dispatches = steps.filter((step) => step.type === "dispatch").length;
  }

  encode(encoder: GPUCommandEncoder): void {
    let pass: GPUComputePassEncoder | undefined;
    for (const step of this.#steps) {
      if (step.type === "copy") {
        pass?.end();
        pass = undefined;
        encoder.copyBufferToBuffer(step.from, step.fromOffset, step.to, step.toOffset, step.size);
        continue;
      }
      pass ??= encoder.beginComputePass();
      pass.setPipeline(step.pipeline);
      pass.setBindGroup(0, step.group);
      pass.dispatchWorkgroups(...step.groups);
    }
    pass?.end();
  }

  destroy(): void {
    this.#params?.destroy();
  }
}

/** Collects dispatches; their parameters end up in one uniform buffer, each at a multiple of 256 bytes. */
export class WebGpuRecorder implements Recorder {
  readonly #gpu: GPUDevice;
  readonly #pending: (PendingDispatch | Extract<Step, { type: "copy" }>)[] = [];
  readonly #params: { offset: number; bytes: Uint8Array }[] = [];
  #paramsSize = 0;

  constructor(gpu: GPUDevice) {
    this.#gpu = gpu;
  }

  dispatch(pipeline: Pipeline, bindings: readonly Binding[], groups: Groups, params?: ArrayBufferView): void {
    if (!(pipeline instanceof WebGpuPipeline) || pipeline.owner !== this.#gpu) {
      throw new KernelError("binding", `${pipeline.name}: the pipeline does not belong to this WebGPU device`);
    }
    const counts = checkGroups(pipeline.name, groups, this.#gpu.limits.maxComputeWorkgroupsPerDimension);
    const resolved = bindings.map((binding, i) => resolveBinding(this.#gpu, binding, `${pipeline.name}, binding ${i}`));
    checkBindings(pipeline, resolved, params !== undefined);
    if (counts.includes(0)) return;
    const paramsOffset = this.#paramsSize;
    const paramsSize = params === undefined ? 0 : alignUp(params.byteLength, 16);
    if (params !== undefined) {
      const bytes = new Uint8Array(paramsSize);
      bytes.set(new Uint8Array(params.buffer, params.byteOffset, params.byteLength));
      this.#params.push({ offset: paramsOffset, bytes });
      this.#paramsSize += alignUp(paramsSize, OFFSET_ALIGNMENT);
    }
    this.#pending.push({ pipeline, bindings: resolved, groups: counts, paramsOffset, paramsSize });
  }

  copy(from: DeviceBuffer, fromOffset: number, to: DeviceBuffer, toOffset: number, size: number): void {
    if (size === 0) return;
    const [source, target] = [asWebGpuBuffer(this.#gpu, from), asWebGpuBuffer(this.#gpu, to)];
    const aligned = [fromOffset, toOffset, size].every((value) => value >= 0 && value % 4 === 0);
    if (!aligned || fromOffset + size > source.size || toOffset + size > target.size) {
      throw new KernelError(
        "binding",
        `copy of ${size} bytes from "${source.label}" at ${fromOffset} to "${target.label}" at ${toOffset} leaves a buffer or is not a multiple of 4`,
      );
    }
    if (source === target) {
      throw new KernelError("binding", `copy inside "${source.label}": WebGPU copies only between different buffers`);
    }
    this.#pending.push({
      type: "copy",
      from: source.gpuBuffer,
      fromOffset,
      to: target.gpuBuffer,
      toOffset,
      size,
    });
  }

  finish(label: string): WebGpuRecording {
    const params = this.#uploadParams(label);
    const steps = this.#pending.map((step): Step => {
      if ("type" in step) return step;
      const entries = step.bindings.map(({ resource }, binding) => ({ binding, resource }));
      if (params !== undefined && step.paramsSize > 0) {
        const resource = { buffer: params, offset: step.paramsOffset, size: step.paramsSize };
        entries.push({ binding: entries.length, resource });
      }
      const group = this.#gpu.createBindGroup({
        label: step.pipeline.name,
        layout: step.pipeline.layout,
        entries: entries.filter(({ binding }) => step.pipeline.bindings[binding] !== undefined),
      });
      return { type: "dispatch", pipeline: step.pipeline.gpuPipeline, group, groups: step.groups };
    });
    return new WebGpuRecording(this.#gpu, steps, params);
  }

  #uploadParams(label: string): GPUBuffer | undefined {
    if (this.#params.length === 0) return undefined;
    const all = new Uint8Array(this.#paramsSize);
    for (const { offset, bytes } of this.#params) all.set(bytes, offset);
    const buffer = this.#gpu.createBuffer({ label: `${label} params`, size: all.length, usage: UNIFORM | COPY_DST });
    this.#gpu.queue.writeBuffer(buffer, 0, all);
    return buffer;
  }
}

function checkGroups(name: string, [x, y = 1, z = 1]: Groups, limit: number): [number, number, number] {
  for (const count of [x, y, z]) {
    if (!Number.isInteger(count) || count < 0 || count > limit) {
      throw new KernelError("binding", `${name}: ${x}×${y}×${z} workgroups; each count must be within 0..${limit}`);
    }
  }
  return [x, y, z];
}

/** WebGPU refuses a buffer that one dispatch both reads and writes; naming it here beats its validation message. */
function checkBindings(pipeline: WebGpuPipeline, bindings: readonly ResolvedBinding[], hasParams: boolean): void {
  const kinds = pipeline.bindings;
  const wantsParams = kinds[kinds.length - 1] === "uniform";
  const storage = wantsParams ? kinds.length - 1 : kinds.length;
  if (wantsParams !== hasParams || bindings.length !== storage) {
    throw new KernelError(
      "binding",
      `${pipeline.name}: given ${bindings.length} bindings${hasParams ? " and params" : ""}, the kernel declares ${storage}${wantsParams ? " and params" : ""}`,
    );
  }
  const written = new Set(bindings.filter((_, i) => kinds[i] === "storage").map(({ buffer }) => buffer));
  const writes = bindings.filter((_, i) => kinds[i] === "storage").length;
  const conflict = bindings.find(({ buffer }, i) => kinds[i] === "read-only-storage" && written.has(buffer));
  if (conflict !== undefined || written.size < writes) {
    throw new KernelError(
      "binding",
      `${pipeline.name}: buffer "${(conflict ?? bindings[0])?.buffer.label}" is written and bound a second time in one dispatch`,
      "Give each input and output its own buffer, or let the kernel work in place through one read_write binding.",
    );
  }
}
