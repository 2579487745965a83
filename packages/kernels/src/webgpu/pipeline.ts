import type { Pipeline, PipelineSpec } from "../device.ts";
import { KernelError } from "../device.ts";
import { STAGE_COMPUTE } from "./constants.ts";
import { type BindingKind, readBindings } from "./layout.ts";

export class WebGpuPipeline implements Pipeline {
  readonly name: string;
  readonly gpuPipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly bindings: readonly (BindingKind | undefined)[];
  readonly owner: GPUDevice;

  constructor(
    owner: GPUDevice,
    name: string,
    gpuPipeline: GPUComputePipeline,
    layout: GPUBindGroupLayout,
    bindings: readonly (BindingKind | undefined)[],
  ) {
    this.owner = owner;
    this.name = name;
    this.gpuPipeline = gpuPipeline;
    this.layout = layout;
    this.bindings = bindings;
  }
}

interface Module {
  readonly module: GPUShaderModule;
  readonly bindings: readonly (BindingKind | undefined)[];
  readonly layout: GPUBindGroupLayout;
  readonly pipelineLayout: GPUPipelineLayout;
}

/** Compiles each source once and each (source, constants) once. */
export class PipelineCache {
  readonly #gpu: GPUDevice;
  readonly #modules = new Map<string, Promise<Module>>();
  readonly #pipelines = new Map<string, Promise<WebGpuPipeline>>();

  constructor(gpu: GPUDevice) {
    this.#gpu = gpu;
  }

  /** @throws KernelError (`compile`) with the line and column in the kernel's source. */
  get(spec: PipelineSpec): Promise<WebGpuPipeline> {
    const constants = Object.entries(spec.constants ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    return remember(this.#pipelines, `${JSON.stringify(constants)}\n${spec.code}`, () => this.#compile(spec));
  }

  async #compile(spec: PipelineSpec): Promise<WebGpuPipeline> {
    const parts = await remember(this.#modules, spec.code, () => this.#createModule(spec));
    try {
      const gpuPipeline = await this.#gpu.createComputePipelineAsync({
        label: spec.name,
        layout: parts.pipelineLayout,
        compute: { module: parts.module, entryPoint: "main", constants: { ...spec.constants } },
      });
      return new WebGpuPipeline(this.#gpu, spec.name, gpuPipeline, parts.layout, parts.bindings);
    } catch (cause) {
      const constants = JSON.stringify(spec.constants ?? {});
      throw new KernelError("compile", `${spec.name} with ${constants}: ${messageOf(cause)}`, undefined, { cause });
    }
  }

  async #createModule(spec: PipelineSpec): Promise<Module> {
    const gpu = this.#gpu;
    gpu.pushErrorScope("validation");
    const module = gpu.createShaderModule({ label: spec.name, code: spec.code });
    const failure = gpu.popErrorScope();
    const { messages } = await module.getCompilationInfo();
    const problem = messages.find(({ type }) => type === "error");
    if (problem !== undefined) {
      const line = spec.code.split("\n")[problem.lineNum - 1]?.trim() ?? "";
      const where = `${spec.name}: line ${problem.lineNum}, column ${problem.linePos}`;
      throw new KernelError("compile", `${where}: ${problem.message}`, line);
    }
    const error = await failure;
    if (error !== null) throw new KernelError("compile", `${spec.name}: ${error.message}`);

    const bindings = readBindings(spec.code);
    const layout = gpu.createBindGroupLayout({
      label: spec.name,
      entries: bindings.flatMap((type, binding) =>
        type === undefined ? [] : [{ binding, visibility: STAGE_COMPUTE, buffer: { type } }],
      ),
    });
    const pipelineLayout = gpu.createPipelineLayout({ label: spec.name, bindGroupLayouts: [layout] });
    return { module, bindings, layout, pipelineLayout };
  }
}

function remember<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = make();
  cache.set(key, made);
  made.catch(() => cache.delete(key));
  return made;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
