import { type Device, type DeviceInfo, KernelError, weightSize } from "@tugboat/kernels";
import type { Architecture, Hyperparameters } from "./architectures/architecture.ts";
import { readArchitecture } from "./architectures/registry.ts";
import { EngineError } from "./errors.ts";
import type { ModelFiles } from "./formats/types.ts";
import { lower } from "./graph/lower.ts";
import type { Machine } from "./graph/machine.ts";
import { NodeRecorder } from "./graph/nodes.ts";
import type { Plan } from "./graph/plan.ts";
import { Program } from "./graph/program.ts";
import { estimateMemory, type ModelWeights } from "./graph/program-memory.ts";
import type { ProgramSettings } from "./graph/settings.ts";
import { chooseLimits, type EngineLimits, type LimitOptions, type Speculation } from "./limits.ts";
import { type Stage, stageNodes } from "./stages/cut.ts";
import type { AdapterTarget } from "./train/adapter.ts";
import { headOrder } from "./train/model.ts";
import { type ResolvedTensor, resolveTensors } from "./weights/resolve.ts";
import { streamVector, streamWeight } from "./weights/stream.ts";

export interface LoadProgress {
  /** `read`: bytes of the file; `compile` and `warm`: 0 or 1 of 1. */
  readonly stage: "read" | "compile" | "warm";
  readonly done: number;
  readonly total: number;
}

export interface LoadModelOptions extends LimitOptions {
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly signal?: AbortSignal;
}

/** A model on a device, ready to run steps. */
export interface LoadedModel {
  readonly architecture: Architecture;
  readonly hyperparameters: Hyperparameters;
  readonly machine: Machine;
  readonly limits: EngineLimits;
  readonly contextLength: number;
  readonly speculation: Speculation;
  /** What adapters are read for. */
  readonly adapterTarget: AdapterTarget;
}

/** What is known of a model before its weights are read, for one kind of device. */
interface ModelOutline {
  readonly model: Omit<LoadedModel, "machine">;
  readonly tensors: ReadonlyMap<string, ResolvedTensor>;
  readonly settings: ProgramSettings;
}

/**
 * What serving a model needs beside its machine.
 * @throws EngineError `bad-model`, `unsupported`, `bad-request`, `out-of-memory`
 */
export async function outlineModel(
  files: ModelFiles,
  device: Pick<DeviceInfo, "kind">,
  options: LimitOptions,
): Promise<ModelOutline> {
  const { architecture, hyperparameters } = await readArchitecture(files);
  const tensors = resolveTensors(files, architecture, hyperparameters);
  const { program: settings, scheduler: limits } = chooseLimits(hyperparameters, device, options);
  const model = {
    architecture,
    hyperparameters,
    limits,
    contextLength: settings.contextLength,
    // Elsewhere a row's last bits may depend on how many rows there are, and with them what is drawn.
    speculation: device.kind === "cpu" ? (options.speculation ?? "off") : "off",
    adapterTarget: {
      name: files.name,
      hyperparameters,
      specs: new Map([...tensors].map(([name, { spec }]) => [name, spec])),
      interleaves: headOrder(files, hyperparameters),
    },
  } as const;
  return { model, tensors, settings };
}

/**
 * Reads a model's weights onto a device, tensor by tensor, and compiles its steps.
 * @throws EngineError `bad-model`, `unsupported`, `out-of-memory`; FormatError when reading fails; the signal's reason.
 */
export async function loadModel(files: ModelFiles, device: Device, options: LoadModelOptions): Promise<LoadedModel> {
  const outline = await outlineModel(files, device.info, options);
  return { ...outline.model, machine: await loadProgram(files, device, options, outline) };
}

/**
 * The same of one stage: only its own weights are read.
 * @throws as `loadModel`
 */
export async function loadStage(
  files: ModelFiles,
  device: Device,
  options: LoadModelOptions,
  stage: Stage,
): Promise<Program> {
  return loadProgram(files, device, options, await outlineModel(files, device.info, options), stage);
}

async function loadProgram(
  files: ModelFiles,
  device: Device,
  options: LoadModelOptions,
  { model: { architecture, hyperparameters }, settings, tensors }: ModelOutline,
  stage?: Stage,
): Promise<Program> {
  const plan = planModel(architecture, hyperparameters, tensors, settings.adapters?.maxRank, stage);
  checkMemory(files.name, device, plan, settings);
  try {
    const program = await Program.create(device, plan, hyperparameters, settings, () =>
      streamModel(device, plan, tensors, options),
    );
    options.onProgress?.({ stage: "compile", done: 1, total: 1 });
    return program;
  } catch (cause) {
    throw explained(cause, files.name, device, plan, settings);
  }
}

/**
 * The forward pass of a model, or of a stage of it, as kernels and memory.
 * @param maxRank of adapters; undefined: it takes none.
 */
export function planModel(
  architecture: Architecture,
  hyperparameters: Hyperparameters,
  tensors: ReadonlyMap<string, ResolvedTensor>,
  maxRank?: number,
  stage?: Stage,
): Plan {
  const specs = new Map([...tensors].map(([name, { spec }]) => [name, spec]));
  const recorder = new NodeRecorder(specs);
  architecture.forward(recorder, hyperparameters);
  const typeOf = (tensor: string) => tensors.get(tensor)!.deviceType;
  const own = stage ? stageNodes(recorder.nodes, stage) : { nodes: recorder.nodes };
  return lower({ ...own, firstLayer: stage?.firstLayer, hyperparameters, tensors: specs, typeOf, maxRank });
}

async function streamModel(
  device: Device,
  plan: Plan,
  tensors: ReadonlyMap<string, ResolvedTensor>,
  { onProgress, signal }: LoadModelOptions,
): Promise<ModelWeights> {
  const names = [...plan.weights, ...plan.vectors].flatMap(({ parts }) => parts.map(({ tensor }) => tensor));
  const total = [...new Set(names)].reduce((sum, name) => {
    const { info, spec } = tensors.get(name)!;
    // A part of a larger tensor counts its own share.
    return sum + info.bytes * (spec.shape[0]! / info.shape[0]!);
  }, 0);
  let done = 0;
  const onBytes = (bytes: number) => {
    done += bytes;
    onProgress?.({ stage: "read", done, total });
  };
  const owned: { destroy(): void }[] = [];
  const keep = <T extends { destroy(): void }>(resource: T): T => {
    owned.push(resource);
    return resource;
  };
  try {
    const weights = [];
    for (const weight of plan.weights)
      weights.push(keep(await streamWeight(device, weight, tensors, { signal, onBytes })));
    const vectors = [];
    for (const vector of plan.vectors)
      vectors.push(keep(await streamVector(device, vector, tensors, { signal, onBytes })));
    signal?.throwIfAborted();
    onProgress?.({ stage: "compile", done: 0, total: 1 });
    return { weights, vectors };
  } catch (error) {
    for (const resource of owned) resource.destroy();
    throw error;
  }
}

/** Bytes on the device: weights, KV cache, the rest, and the largest single buffer. */
export function memoryNeeds(plan: Plan, settings: ProgramSettings) {
  const weights = plan.weights.map((weight) => weightSize(weight));
  const { activations, cache, largest, ropeTables } = estimateMemory(plan, settings);
  return {
    weights: weights.reduce((sum, { quants, scales }) => sum + quants + scales, 0),
    cache,
    rest: activations + ropeTables,
    largest: Math.max(largest, ...weights.map(({ quants }) => quants)),
  };
}

function checkMemory(name: string, device: Device, plan: Plan, settings: ProgramSettings): void {
  const needs = memoryNeeds(plan, settings);
  if (needs.largest <= device.info.maxBufferSize) return;
  throw outOfMemory(
    name,
    device,
    needs,
    `one buffer of ${mebibytes(needs.largest)}, of which the device allows ${mebibytes(device.info.maxBufferSize)}`,
  );
}

function outOfMemory(
  name: string,
  device: Device,
  { cache, rest, weights }: { weights: number; cache: number; rest: number },
  what: string,
  cause?: unknown,
): EngineError {
  return new EngineError(
    "out-of-memory",
    `${name} on ${device.info.description} needs ${mebibytes(weights)} for weights, ${mebibytes(cache)} for the KV cache and ${mebibytes(rest)} for the rest: ${what}`,
    "Choose a smaller model or a stronger quantisation, or lower the context length or the KV cache.",
    { cause },
  );
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20).toLocaleString("en")} MiB`;
}

/** Errors of the kernels in the words of the engine. */
function explained(cause: unknown, name: string, device: Device, plan: Plan, settings: ProgramSettings): unknown {
  if (!(cause instanceof KernelError)) return cause;
  if (cause.code === "out-of-memory") {
    return outOfMemory(name, device, memoryNeeds(plan, settings), cause.message, cause);
  }
  if (cause.code === "shape") {
    return new EngineError("unsupported", `${name}: ${cause.message}`, "No kernel takes a model of these sizes.", {
      cause,
    });
  }
  return cause;
}
