import type { DeviceInfo } from "@tugboat/kernels";
import type { Hyperparameters, TensorSpec } from "./architectures/architecture.ts";
import { readArchitecture } from "./architectures/registry.ts";
import type { ModelFiles } from "./formats/types.ts";
import { chooseLimits, type LimitOptions } from "./limits.ts";
import { memoryNeeds, planModel } from "./load.ts";
import { type ResolvedTensor, resolveTensors } from "./weights/resolve.ts";

/** What a tensor is for. */
export type ModelPart = "embedding" | "attention" | "feed-forward" | "norms" | "output";

export interface PartSize {
  readonly part: ModelPart;
  readonly parameters: number;
  /** In the file. */
  readonly bytes: number;
}

/** A tensor, or the same one of every layer: `blk.*.attn_q.weight`. */
export interface TensorGroup {
  readonly name: string;
  readonly part: ModelPart;
  /** Of one of them: matrices `[outputs, inputs]`, vectors `[length]`. */
  readonly shape: readonly number[];
  /** As they lie in the file, the most common first. */
  readonly types: readonly string[];
  readonly count: number;
  /** Of all of them together. */
  readonly parameters: number;
  readonly bytes: number;
}

/** How layers attend that attend alike. */
export interface AttentionKind {
  readonly layers: number;
  /** Tokens that a token sees, itself included; null: all before it. */
  readonly window: number | null;
  /** Base of the rotary positions; null: these layers know no positions. */
  readonly ropeBase: number | null;
}

/** What a model is made of, from its files' descriptions alone. */
export interface ModelAnatomy {
  readonly architecture: string;
  readonly layers: number;
  readonly dim: number;
  readonly ffn: number;
  readonly heads: number;
  /** Fewer than `heads`: several query heads share one of keys and values (Ainslie et al. 2023). */
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabulary: number;
  /** In tokens. */
  readonly trainedContext: number;
  readonly attention: readonly AttentionKind[];
  /** Norms of each head's queries and keys. */
  readonly headNorms: boolean;
  readonly attentionSoftcap: number | null;
  readonly outputSoftcap: number | null;
  /** The output head is the embedding table again. */
  readonly tiedEmbeddings: boolean;
  readonly parameters: number;
  /** Of all tensors in the file. */
  readonly bytes: number;
  readonly parts: readonly PartSize[];
  readonly tensors: readonly TensorGroup[];
}

/** Bytes that a model takes on a device. */
export interface MemoryNeeds {
  readonly weights: number;
  /** Keys and values of everything that runs at once. */
  readonly cache: number;
  /** Activations and tables. */
  readonly rest: number;
  /** Tokens that a request may hold. */
  readonly contextLength: number;
}

interface Described {
  readonly hyperparameters: Hyperparameters;
  readonly architecture: Awaited<ReturnType<typeof readArchitecture>>["architecture"];
  readonly tensors: ReadonlyMap<string, ResolvedTensor>;
}

async function describe(files: ModelFiles): Promise<Described> {
  const { architecture, hyperparameters } = await readArchitecture(files);
  return { architecture, hyperparameters, tensors: resolveTensors(files, architecture, hyperparameters) };
}

/**
 * What a model is made of. Reads no weights.
 * @throws EngineError `bad-model`, `unsupported` when the engine could not run it
 */
export async function modelAnatomy(files: ModelFiles): Promise<ModelAnatomy> {
  const { architecture, hyperparameters: p, tensors } = await describe(files);
  const groups = groupTensors([...tensors.values()]);
  const sum = (of: (group: TensorGroup) => number) => groups.reduce((total, group) => total + of(group), 0);
  return {
    architecture: architecture.name,
    layers: p.layers,
    dim: p.dim,
    ffn: p.ffn,
    heads: p.heads,
    kvHeads: p.kvHeads,
    headDim: p.headDim,
    vocabulary: p.vocabulary,
    trainedContext: p.trainedContext,
    attention: attentionKinds(p),
    headNorms: [...tensors.keys()].some((name) => name.endsWith("attn_q_norm.weight")),
    attentionSoftcap: p.attentionSoftcap ?? null,
    outputSoftcap: p.outputSoftcap ?? null,
    tiedEmbeddings: !tensors.has("output.weight"),
    parameters: sum(({ parameters }) => parameters),
    bytes: sum(({ bytes }) => bytes),
    parts: partSizes(groups),
    tensors: groups,
  };
}

/**
 * The memory that loading a model with these options would take, as the engine itself plans it.
 * @throws EngineError `bad-model`, `unsupported`, `bad-request`
 */
export async function modelMemory(
  files: ModelFiles,
  device: Pick<DeviceInfo, "kind">,
  options: LimitOptions = {},
): Promise<MemoryNeeds> {
  const { architecture, hyperparameters, tensors } = await describe(files);
  const plan = planModel(architecture, hyperparameters, tensors);
  const { program } = chooseLimits(hyperparameters, device, options);
  const { weights, cache, rest } = memoryNeeds(plan, program);
  return { weights, cache, rest, contextLength: program.contextLength };
}

function groupTensors(tensors: readonly ResolvedTensor[]): TensorGroup[] {
  const groups = new Map<string, { group: TensorGroup; types: Map<string, number> }>();
  for (const { info, spec } of tensors) {
    const layered = spec.name.replace(/^blk\.\d+\./, "blk.*.");
    const parameters = spec.shape.reduce((product, size) => product * size, 1);
    // A part of a larger tensor counts its own share.
    const bytes = Math.round(info.bytes * ((spec.shape[0] ?? 1) / (info.shape[0] ?? 1)));
    // Layers of one model may differ in shape: they are not one group then.
    const key = `${layered} ${spec.shape.join("×")}`;
    const known = groups.get(key);
    const types = known?.types ?? new Map<string, number>();
    types.set(info.type, (types.get(info.type) ?? 0) + 1);
    const group: TensorGroup = {
      name: layered,
      part: partOf(spec),
      shape: spec.shape,
      types: [...types].sort((a, b) => b[1] - a[1]).map(([type]) => type),
      count: (known?.group.count ?? 0) + 1,
      parameters: (known?.group.parameters ?? 0) + parameters,
      bytes: (known?.group.bytes ?? 0) + bytes,
    };
    groups.set(key, { group, types });
  }
  return [...groups.values()].map(({ group }) => group);
}

function partOf({ name }: TensorSpec): ModelPart {
  if (name.startsWith("token_embd")) return "embedding";
  if (/norm\.(weight|bias)$/.test(name)) return "norms";
  if (name.startsWith("output")) return "output";
  return /\.ffn_/.test(name) ? "feed-forward" : "attention";
}

const order: readonly ModelPart[] = ["embedding", "attention", "feed-forward", "norms", "output"];

function partSizes(groups: readonly TensorGroup[]): PartSize[] {
  return order.flatMap((part) => {
    const own = groups.filter((group) => group.part === part);
    if (own.length === 0) return [];
    const add = (of: (group: TensorGroup) => number) => own.reduce((total, group) => total + of(group), 0);
    return [{ part, parameters: add(({ parameters }) => parameters), bytes: add(({ bytes }) => bytes) }];
  });
}

function attentionKinds({ attention }: Hyperparameters): AttentionKind[] {
  const kinds = new Map<string, AttentionKind>();
  for (const { rope, window } of attention) {
    const kind = { window: window ?? null, ropeBase: rope?.base ?? null };
    const key = JSON.stringify(kind);
    kinds.set(key, { ...kind, layers: (kinds.get(key)?.layers ?? 0) + 1 });
  }
  return [...kinds.values()];
}
