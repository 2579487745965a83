import type { Device, DeviceBuffer, OpSet, Weight, WeightType } from "@tugboat/kernels";
import type { Hyperparameters, TensorSpec } from "../architectures/architecture.ts";
import { readArchitecture } from "../architectures/registry.ts";
import { EngineError } from "../errors.ts";
import type { ModelFiles, TensorInfo } from "../formats/types.ts";
import { type Node, NodeRecorder } from "../graph/nodes.ts";
import { type ResolvedTensor, resolveTensors } from "../weights/resolve.ts";
import { streamVector, streamWeight } from "../weights/stream.ts";
import { projectionOf, type ResolvedMethod } from "./method.ts";
import { type LowRank, type MomentsKind, type Parameter, Parameters } from "./parameters.ts";
import { SeededRandom, seedFor } from "./random.ts";

/** A matrix of the model on the device; `trained` when it is a parameter itself. */
export interface TrainingMatrix {
  readonly name: string;
  readonly weight: Weight;
  readonly lowRank: LowRank | undefined;
  readonly trained: Parameter | undefined;
}

export interface TrainingVector {
  readonly name: string;
  readonly buffer: DeviceBuffer;
  readonly trained: Parameter | undefined;
}

/** A model made ready for training: its forward pass as nodes, its tensors on the device, what of them is trained. */
export interface TrainingModel {
  readonly name: string;
  readonly hyperparameters: Hyperparameters;
  readonly nodes: readonly Node[];
  readonly specs: ReadonlyMap<string, TensorSpec>;
  readonly parameters: Parameters;
  matrix(name: string): TrainingMatrix;
  vector(name: string): TrainingVector;
  /** Where the tensor lies in the model's file. */
  fileTensor(name: string): TensorInfo;
  /** Whether the file keeps the rows of this tensor's heads in GGUF's order, halves interleaved. */
  interleaves(name: string): boolean;
  /** Device bytes of frozen tensors. */
  readonly frozenBytes: number;
  destroy(): void;
}

export interface TrainingModelOptions {
  readonly method: ResolvedMethod;
  readonly moments: MomentsKind;
  readonly seed: number;
  readonly onBytes?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * @throws EngineError `unsupported` for a family or a method that cannot be trained, `bad-model`; FormatError; KernelError
 * `out-of-memory`.
 */
export async function loadTrainingModel(
  ops: OpSet,
  files: ModelFiles,
  options: TrainingModelOptions,
): Promise<TrainingModel> {
  const { architecture, hyperparameters } = await readArchitecture(files);
  const tensors = resolveTensors(files, architecture, hyperparameters);
  const specs = new Map([...tensors].map(([name, { spec }]) => [name, spec]));
  checkTrainable(files.name, architecture.name, hyperparameters, specs, options.method);
  const recorder = new NodeRecorder(specs);
  architecture.forward(recorder, hyperparameters);
  const loader = new Loader(ops, tensors, options);
  try {
    await loader.load();
  } catch (error) {
    loader.destroy();
    throw error;
  }
  return {
    name: files.name,
    hyperparameters,
    nodes: recorder.nodes,
    specs,
    parameters: loader.parameters,
    matrix: (name) => found(loader.matrices, name),
    vector: (name) => found(loader.vectors, name),
    fileTensor: (name) => found(tensors, name).info,
    interleaves: headOrder(files, hyperparameters),
    frozenBytes: loader.frozenBytes,
    destroy: () => loader.destroy(),
  };
}

/** Whether the file keeps the rows of a tensor's heads in GGUF's order, halves interleaved. */
export function headOrder(files: ModelFiles, { attention }: Hyperparameters): (name: string) => boolean {
  const interleaved = files.format === "gguf" && attention.some(({ rope }) => rope?.style === "interleaved");
  return (name) => interleaved && /\.attn_[qk]\.weight$/.test(name);
}

function found<T>(map: ReadonlyMap<string, T>, name: string): T {
  const one = map.get(name);
  if (!one) throw new Error(`the forward pass uses ${name}, which was not loaded`);
  return one;
}

function checkTrainable(
  model: string,
  family: string,
  p: Hyperparameters,
  specs: ReadonlyMap<string, TensorSpec>,
  method: ResolvedMethod,
): void {
  const refuse = (why: string) => {
    throw new EngineError(
      "unsupported",
      `${model} cannot be trained: ${why}`,
      "Models of the llama, qwen2, qwen3, gemma3 and smollm3 families can; gemma2 and phi3 cannot.",
    );
  };
  if (p.attentionSoftcap !== undefined || p.outputSoftcap !== undefined) refuse(`${family} caps its scores or logits`);
  if (p.dim % 4 !== 0 || p.ffn % 4 !== 0 || p.headDim % 4 !== 0) refuse("its widths are no multiples of 4");
  if (specs.has("output.bias")) refuse("its output has a bias");
  const split = [...specs.values()].find(({ hf }) => hf.row !== undefined);
  if (split) refuse(`${family} keeps several projections in one tensor (${split.hf.name})`);
  if (method.kind === "full" && [...specs.values()].some(({ hfAdd }) => hfAdd !== 0)) {
    refuse(`${family} stores shifted norms; only adapters (method lora) are possible`);
  }
}

class Loader {
  readonly parameters: Parameters;
  readonly matrices = new Map<string, TrainingMatrix>();
  readonly vectors = new Map<string, TrainingVector>();
  frozenBytes = 0;
  readonly #device: Device;
  readonly #tensors: ReadonlyMap<string, ResolvedTensor>;
  readonly #options: TrainingModelOptions;
  readonly #frozen: { destroy(): void }[] = [];

  constructor(ops: OpSet, tensors: ReadonlyMap<string, ResolvedTensor>, options: TrainingModelOptions) {
    this.parameters = new Parameters(ops, options.moments);
    this.#device = ops.device;
    this.#tensors = tensors;
    this.#options = options;
  }

  async load(): Promise<void> {
    const { onBytes, signal } = this.#options;
    const total = [...this.#tensors.values()].reduce((sum, { info }) => sum + info.bytes, 0);
    let done = 0;
    const progress = {
      signal,
      onBytes: (bytes: number) => {
        done += bytes;
        onBytes?.(done, total);
      },
    };
    for (const [name, { spec, deviceType }] of this.#tensors) {
      if (spec.shape.length === 1) {
        const parts = [{ tensor: name, offset: 0 }];
        const plan = { label: name, length: spec.shape[0]!, parts };
        this.#takeVector(spec, await streamVector(this.#device, plan, this.#tensors, progress));
      } else {
        const [n, k] = [spec.shape[0]!, spec.shape[1]!];
        const type: WeightType = this.#options.method.kind === "full" ? "f32" : deviceType;
        const parts = [{ tensor: name, firstRow: 0, rows: n }];
        const plan = { label: name, type, n, k, gated: false, parts };
        this.#takeMatrix(spec, await streamWeight(this.#device, plan, this.#tensors, progress));
      }
    }
  }

  destroy(): void {
    this.parameters.destroy();
    for (const one of this.#frozen) one.destroy();
  }

  #takeVector({ name, shape }: TensorSpec, buffer: DeviceBuffer): void {
    const length = shape[0]!;
    if (this.#options.method.kind === "full") {
      const trained = this.parameters.add(name, buffer.size / 4, length, false, buffer);
      this.vectors.set(name, { name, buffer, trained });
      return;
    }
    this.#freeze(buffer, buffer.size);
    this.vectors.set(name, { name, buffer, trained: undefined });
  }

  #takeMatrix(spec: TensorSpec, weight: Weight): void {
    const { method } = this.#options;
    const { name } = spec;
    if (method.kind === "full") {
      const trained = this.parameters.add(name, weight.quants.size / 4, weight.n * weight.k, true, weight.quants);
      this.matrices.set(name, { name, weight, lowRank: undefined, trained });
      return;
    }
    this.#freeze(weight, weight.bytes);
    const projection = projectionOf(spec);
    const isTarget = projection !== undefined && method.targets.includes(projection);
    const lowRank = isTarget ? this.#adapter(name, weight, method.rank, method.alpha / method.rank) : undefined;
    this.matrices.set(name, { name, weight, lowRank, trained: undefined });
  }

  /** As peft starts: A uniform in ±1/√k (Kaiming with a = √5), B zero. */
  #adapter(name: string, { n, k }: Weight, rank: number, scale: number): LowRank {
    const paddedRank = Math.ceil(rank / 4) * 4;
    const a = this.parameters.add(`${name}.lora_a`, paddedRank * k, rank * k, true);
    const b = this.parameters.add(`${name}.lora_b`, n * paddedRank, n * rank, true);
    const random = new SeededRandom(seedFor(this.#options.seed, name));
    const values = new Float32Array(paddedRank * k);
    const bound = 1 / Math.sqrt(k);
    for (let row = 0; row < rank; row++) {
      for (let i = 0; i < k; i++) values[panelIndex(row, i, k)] = (2 * random.uniform() - 1) * bound;
    }
    this.#device.write(a.value, 0, values);
    return { rank, paddedRank, scale, a, b };
  }

  #freeze(resource: { destroy(): void }, bytes: number): void {
    this.#frozen.push(resource);
    this.frozenBytes += bytes;
  }
}

/** Where element [row, i] of a matrix of k columns lies in f32 panels. */
export function panelIndex(row: number, i: number, k: number): number {
  return (Math.floor(row / 4) * k + i) * 4 + (row % 4);
}
