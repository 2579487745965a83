import type { Device } from "@tugboat/kernels";
import { z } from "zod";
import type { Hyperparameters, TensorSpec } from "../architectures/architecture.ts";
import { EngineError } from "../errors.ts";
import { decoderOf } from "../formats/convert/encoding.ts";
import type { PlannedTensor } from "../formats/gguf-writer.ts";
import { MemorySink, memorySource } from "../formats/memory.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { writeSafetensors } from "../formats/safetensors-writer.ts";
import { projectionOf, projections, type ResolvedMethod } from "./method.ts";
import { panelIndex, type TrainingModel } from "./model.ts";
import type { PeftAdapter } from "./types.ts";

/** An adapter on the host; rows of B are in the order of the model's file. */
export interface HostAdapter {
  readonly rank: number;
  readonly alpha: number;
  /** By the tensor's name in the forward pass: A `[rank, k]`, B `[n, rank]`, row by row. */
  readonly matrices: ReadonlyMap<string, { readonly a: Float32Array; readonly b: Float32Array }>;
}

/** The model that an adapter is read for. */
export interface AdapterTarget {
  readonly name: string;
  readonly hyperparameters: Pick<Hyperparameters, "headDim">;
  readonly specs: ReadonlyMap<string, TensorSpec>;
  /** Whether the file keeps the rows of this tensor's heads in GGUF's order, halves interleaved. */
  interleaves(name: string): boolean;
}

type LoraMethod = Extract<ResolvedMethod, { kind: "lora" }>;

/** Takes the adapter from the device. */
export async function readAdapter(device: Device, model: TrainingModel, method: LoraMethod): Promise<HostAdapter> {
  const matrices = new Map<string, { a: Float32Array; b: Float32Array }>();
  for (const { name, lowRank, weight } of adapted(model)) {
    const { n, k } = weight;
    const { rank, paddedRank } = lowRank;
    const panels = new Float32Array(await device.read(lowRank.a.value, 0, paddedRank * k * 4));
    const padded = new Float32Array(await device.read(lowRank.b.value, 0, n * paddedRank * 4));
    const a = new Float32Array(rank * k);
    const b = new Float32Array(n * rank);
    for (let r = 0; r < rank; r++) for (let i = 0; i < k; i++) a[r * k + i] = panels[panelIndex(r, i, k)]!;
    for (let row = 0; row < n; row++) b.set(padded.subarray(row * paddedRank, row * paddedRank + rank), row * rank);
    matrices.set(name, { a, b });
  }
  return { rank: method.rank, alpha: method.alpha, matrices };
}

/** Puts an adapter on the device and forgets the optimizer's moments. @throws EngineError `bad-request` when it does not fit. */
export async function writeAdapter(
  device: Device,
  model: TrainingModel,
  method: LoraMethod,
  adapter: HostAdapter,
): Promise<void> {
  const ours = adapted(model);
  const names = ours.map(({ name }) => name);
  const strange = [...adapter.matrices.keys()].find((name) => !names.includes(name));
  if (adapter.rank !== method.rank || adapter.alpha !== method.alpha || strange !== undefined) {
    throw new EngineError(
      "bad-request",
      strange === undefined
        ? `the adapter has rank ${adapter.rank} and alpha ${adapter.alpha}, the trainer ${method.rank} and ${method.alpha}`
        : `the adapter changes ${strange}, which the trainer does not`,
      "Open the trainer with the adapter's rank, alpha and targets.",
    );
  }
  for (const { name, lowRank, weight } of ours) {
    const { n, k } = weight;
    const { rank, paddedRank } = lowRank;
    const panels = new Float32Array(paddedRank * k);
    const padded = new Float32Array(n * paddedRank);
    // A matrix that the adapter leaves alone: B is zero, A does not matter but must not be.
    const given = adapter.matrices.get(name);
    if (given) {
      for (let r = 0; r < rank; r++) for (let i = 0; i < k; i++) panels[panelIndex(r, i, k)] = given.a[r * k + i]!;
      for (let row = 0; row < n; row++) padded.set(given.b.subarray(row * rank, (row + 1) * rank), row * paddedRank);
      device.write(lowRank.a.value, 0, panels);
    }
    device.write(lowRank.b.value, 0, padded);
    for (const parameter of [lowRank.a, lowRank.b]) model.parameters.clearMoments(parameter);
  }
}

/** `base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight` and its B, as peft names them. */
function peftNames(model: AdapterTarget, name: string): { a: string; b: string } {
  const base = `base_model.model.${model.specs.get(name)!.hf.name.replace(/\.weight$/, "")}`;
  return { a: `${base}.lora_A.weight`, b: `${base}.lora_B.weight` };
}

/** The adapter as peft's `PeftModel.from_pretrained` loads it. */
export async function exportPeft(model: TrainingModel, { rank, alpha, matrices }: HostAdapter): Promise<PeftAdapter> {
  const tensors: PlannedTensor[] = [];
  for (const [name, { a, b }] of matrices) {
    const names = peftNames(model, name);
    const rows = b.length / rank;
    const ordered = model.interleaves(name) ? reorder(b, rank, model.hyperparameters.headDim, "to halves") : b;
    tensors.push(floats(names.a, [rank, a.length / rank], a), floats(names.b, [rows, rank], ordered));
  }
  const sink = new MemorySink();
  await writeSafetensors(sink, tensors);
  const used = new Set([...matrices.keys()].map((name) => projectionOf(model.specs.get(name)!)));
  const config = {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    base_model_name_or_path: model.name,
    inference_mode: true,
    r: rank,
    lora_alpha: alpha,
    lora_dropout: 0,
    bias: "none",
    fan_in_fan_out: false,
    init_lora_weights: true,
    use_rslora: false,
    use_dora: false,
    modules_to_save: null,
    layers_to_transform: null,
    rank_pattern: {},
    alpha_pattern: {},
    target_modules: projections.filter((one) => used.has(one)),
  };
  return { config, weights: sink.bytes() };
}

const configSchema = z.looseObject({
  peft_type: z.literal("LORA"),
  r: z.number().int().min(1).max(256),
  lora_alpha: z.number().positive(),
  bias: z.literal("none").optional(),
  use_rslora: z.boolean().nullish(),
  use_dora: z.literal(false).nullish(),
  fan_in_fan_out: z.literal(false).nullish(),
  modules_to_save: z.array(z.string()).max(0).nullish(),
  rank_pattern: z.record(z.string(), z.number()).refine(isEmpty).nullish(),
  alpha_pattern: z.record(z.string(), z.number()).refine(isEmpty).nullish(),
});

function isEmpty(record: object): boolean {
  return Object.keys(record).length === 0;
}

/**
 * Reads peft's files.
 * @throws EngineError `bad-request` for an adapter of another kind or model; FormatError for a damaged file.
 */
export async function importPeft(model: AdapterTarget, peft: PeftAdapter): Promise<HostAdapter> {
  const config = configSchema.safeParse(peft.config);
  if (!config.success) {
    const issue = config.error.issues[0];
    throw new EngineError(
      "bad-request",
      `adapter_config.json: ${issue?.path.join(".") ?? ""} ${issue?.message ?? "is wrong"}`,
      "Plain LoRA adapters of linear layers can be read.",
    );
  }
  const { r: rank, lora_alpha: given, use_rslora: isRankStabilised } = config.data;
  const alpha = isRankStabilised === true ? given * Math.sqrt(rank) : given;
  const file = await readSafetensors(memorySource(peft.weights, "adapter_model.safetensors"));
  const infos = new Map(file.tensors.map((info) => [info.name, info]));
  const read = async (name: string, shape: readonly [number, number]) => {
    const info = infos.get(name);
    if (!info) throw new EngineError("bad-request", `the adapter has no ${name}`);
    if (info.shape.length !== 2 || info.shape[0] !== shape[0] || info.shape[1] !== shape[1]) {
      throw new EngineError(
        "bad-request",
        `${name} is [${info.shape.join(", ")}], ${model.name} needs [${shape.join(", ")}]`,
        "The adapter was made for another model.",
      );
    }
    infos.delete(name);
    const bytes = new Uint8Array(info.bytes);
    await info.source.read(info.offset, bytes);
    const values = new Float32Array(shape[0] * shape[1]);
    decoderOf(info.type, name)(bytes, values);
    return values;
  };
  const matrices = new Map<string, { a: Float32Array; b: Float32Array }>();
  for (const [name, spec] of model.specs) {
    if (projectionOf(spec) === undefined) continue;
    const names = peftNames(model, name);
    if (!infos.has(names.a) && !infos.has(names.b)) continue;
    const [n, k] = [spec.shape[0]!, spec.shape[1]!];
    const a = await read(names.a, [rank, k]);
    const b = await read(names.b, [n, rank]);
    const ordered = model.interleaves(name) ? reorder(b, rank, model.hyperparameters.headDim, "to neighbours") : b;
    matrices.set(name, { a, b: ordered });
  }
  const left = [...infos.keys()][0];
  if (left !== undefined) {
    throw new EngineError("bad-request", `the adapter changes ${left}, which is no linear layer of ${model.name}`);
  }
  return { rank, alpha, matrices };
}

/** GGUF keeps a head's rows j and j + half as neighbours; Hugging Face keeps them half a head apart. */
function reorder(b: Float32Array, rank: number, head: number, way: "to halves" | "to neighbours"): Float32Array {
  const out = new Float32Array(b.length);
  for (let row = 0; row < b.length / rank; row++) {
    const within = row % head;
    const neighbour = within < head / 2 ? within * 2 : (within - head / 2) * 2 + 1;
    const [from, to] = way === "to halves" ? [row - within + neighbour, row] : [row, row - within + neighbour];
    out.set(b.subarray(from * rank, (from + 1) * rank), to * rank);
  }
  return out;
}

function floats(name: string, shape: readonly number[], values: Float32Array): PlannedTensor {
  return {
    name,
    type: "f32",
    shape,
    async *data() {
      yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    },
  };
}

function adapted(model: TrainingModel) {
  return [...model.specs.values()].flatMap(({ name, shape }) => {
    if (shape.length < 2) return [];
    const { lowRank, weight } = model.matrix(name);
    return lowRank ? [{ name, lowRank, weight }] : [];
  });
}
