import type { Binding, Device, Groups, Pipeline, PipelineSpec, Recorder } from "../device.ts";
import { KernelError } from "../device.ts";
import { type KernelName, wgslSources } from "../wgsl/sources.gen.ts";

/**
 * One kernel, specialised by its constants. It can be dispatched once its set is compiled.
 *
 * An op is a class beside its kernel: the constructor asks an `OpSet` for the kernels it may need (one per variant), and
 * `record(recorder, args)` checks shapes, picks the variant and dispatches.
 */
export interface Kernel {
  readonly name: string;
  /** The value of the kernel's `W`. */
  readonly workgroupSize: number;
  /** See `Recorder.dispatch`; `params` is the content of the kernel's `var<uniform>`. */
  dispatch(recorder: Recorder, bindings: readonly Binding[], groups: Groups, params?: ArrayBufferView): void;
}

export interface KernelOptions {
  /** Values of the kernel's overrides, `W` excepted. Booleans are 0 or 1. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Default: what the device prefers. */
  readonly workgroupSize?: number;
  /** For messages and timings; the default names the kernel and its constants. */
  readonly label?: string;
}

/**
 * Collects every kernel that a model needs, then compiles all at once. Two phases, so that no pipeline is ever
 * compiled inside a request:
 *
 *     const ops = new OpSet(device);
 *     const norm = new RmsNorm(ops, { dim: 576, epsilon: 1e-5 });
 *     await ops.compile();
 *     device.record("step", (recorder) => norm.record(recorder, { x, weight, y, rows: 1 }));
 */
export class OpSet {
  readonly device: Device;
  readonly #kernels = new Map<string, CompiledKernel>();
  #compiled = false;

  constructor(device: Device) {
    this.device = device;
  }

  /** How many different pipelines were asked for so far. */
  get size(): number {
    return this.#kernels.size;
  }

  /** @throws KernelError (`compile`) after `compile()`: too late to ask. */
  kernel(source: KernelName, options: KernelOptions = {}): Kernel {
    if (this.#compiled) {
      throw new KernelError("compile", `kernel ${source} was asked for after the set was compiled`);
    }
    // A workgroup of one lane is how the CPU runs kernels: asking for more there would only add work.
    const preferred = this.device.info.workgroupSize;
    const workgroupSize = preferred === 1 ? 1 : (options.workgroupSize ?? preferred);
    const constants = { W: workgroupSize, ...options.constants };
    const values = Object.entries(constants).map(([key, value]) => `${key}=${value}`);
    const key = [source, ...values].join(" ");
    const known = this.#kernels.get(key);
    if (known !== undefined) return known;
    const spec = { name: options.label ?? key, code: wgslSources[source], constants };
    const kernel = new CompiledKernel(spec, workgroupSize);
    this.#kernels.set(key, kernel);
    return kernel;
  }

  /** Compiles everything asked for, in one call. @throws KernelError (`compile`, `unsupported-wgsl`) */
  async compile(): Promise<void> {
    this.#compiled = true;
    const kernels = [...this.#kernels.values()];
    const pipelines = await this.device.createPipelines(kernels.map(({ spec }) => spec));
    kernels.forEach((kernel, i) => {
      kernel.pipeline = pipelines[i];
    });
  }
}

class CompiledKernel implements Kernel {
  readonly spec: PipelineSpec;
  readonly workgroupSize: number;
  pipeline: Pipeline | undefined;

  constructor(spec: PipelineSpec, workgroupSize: number) {
    this.spec = spec;
    this.workgroupSize = workgroupSize;
  }

  get name(): string {
    return this.spec.name;
  }

  dispatch(recorder: Recorder, bindings: readonly Binding[], groups: Groups, params?: ArrayBufferView): void {
    if (this.pipeline === undefined) {
      throw new KernelError("compile", `${this.name} is not compiled yet`, "Await OpSet.compile() before recording.");
    }
    recorder.dispatch(this.pipeline, bindings, groups, params);
  }
}

const scratch = new DataView(new ArrayBuffer(4));

/** The bits of an f32, to put one into a `Uint32Array` of params. */
export function f32Bits(value: number): number {
  scratch.setFloat32(0, value);
  return scratch.getUint32(0);
}

export function ceilDiv(value: number, divisor: number): number {
  return Math.ceil(value / divisor);
}

/** @throws KernelError (`shape`) when the binding is smaller than the op will touch. */
export function checkSize(op: string, role: string, binding: Binding, bytes: number): void {
  if (binding.size >= bytes) return;
  throw new KernelError("shape", `${op}: ${role} needs ${bytes} bytes and its buffer has ${binding.size}`);
}

/** @throws KernelError (`shape`) when the condition does not hold. */
export function checkShape(condition: boolean, op: string, sentence: string): asserts condition {
  if (!condition) throw new KernelError("shape", `${op}: ${sentence}`);
}
