import { z } from "zod";
import { EngineError } from "../errors.ts";
import { readRows } from "../formats/rows.ts";
import type { GgufModel } from "../formats/types.ts";
import type { Hyperparameters } from "./architecture.ts";
import { checkedHyperparameters, count, fraction, ratio } from "./checks.ts";
import { type RopeScaling, type RopeSpec, yarnMagnitude } from "./rope.ts";

/** The hyperparameters of a GGUF file, under its architecture's prefix. Every error names the whole key. */
export class GgufKeys {
  readonly model: GgufModel;
  readonly #prefix: string;

  constructor(model: GgufModel) {
    this.model = model;
    this.#prefix = model.metadata.needString("general.architecture");
  }

  key(name: string): string {
    return `${this.#prefix}.${name}`;
  }

  optional(name: string, schema: z.ZodType<number>): number | undefined {
    const value = this.model.metadata.number(this.key(name));
    if (value === undefined) return undefined;
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new EngineError(
      "bad-model",
      `${this.model.name}: ${this.key(name)} is ${value}: ${parsed.error.issues[0]?.message ?? "not allowed"}`,
      "The file is damaged or not of this architecture; convert the model again.",
    );
  }

  need(name: string, schema: z.ZodType<number>): number {
    const value = this.optional(name, schema);
    if (value !== undefined) return value;
    throw new EngineError(
      "bad-model",
      `${this.model.name} has no ${this.key(name)}`,
      "Convert the model again with a current converter.",
    );
  }

  /** A count that some converters write once for each layer. @throws EngineError when layers differ. */
  uniform(name: string, layers: number): number | undefined {
    const values = this.model.metadata.numberPerLayer(this.key(name), layers);
    if (values === undefined) return undefined;
    const first = values[0];
    for (let layer = 0; layer < layers; layer++) {
      if (values[layer] === first) continue;
      throw new EngineError(
        "unsupported",
        `${this.model.name}: ${this.key(name)} is ${values[layer]} in layer ${layer} and ${first} in layer 0`,
        "Models whose layers differ in size are not supported.",
      );
    }
    const parsed = count.safeParse(first);
    if (parsed.success) return parsed.data;
    throw new EngineError("bad-model", `${this.model.name}: ${this.key(name)} is ${first}, not a positive count`);
  }

  /** A small f32 tensor, as numbers; undefined when the file has none of that name. */
  async vector(name: string): Promise<Float32Array | undefined> {
    const tensor = this.model.tensors.get(name);
    if (!tensor) return undefined;
    const length = tensor.shape.reduce((product, size) => product * size, 1);
    if (tensor.type !== "f32" || length > 65_536) {
      throw new EngineError("bad-model", `${this.model.name}: ${name} is ${tensor.type} [${tensor.shape.join(", ")}]`);
    }
    const values = new Float32Array(length);
    await readRows(tensor, 0, length / (tensor.shape.at(-1) ?? 1), new Uint8Array(values.buffer));
    return values;
  }

  /** How positions are stretched, from `rope.scaling.*` and the file's factor tensors. */
  async ropeScaling(dimensions: number): Promise<RopeScaling> {
    const kind = this.model.metadata.string(this.key("rope.scaling.type")) ?? "none";
    const factor = this.optional("rope.scaling.factor", ratio) ?? this.optional("rope.scale_linear", ratio) ?? 1;
    const originalContext = this.optional("rope.scaling.original_context_length", count);
    const long = await this.#factors("rope_factors_long.weight", dimensions);
    const short = await this.#factors("rope_factors_short.weight", dimensions);
    if (long && short) {
      return {
        kind: "longrope",
        long,
        short,
        originalContext: originalContext ?? this.need("context_length", count),
        magnitude: this.optional("rope.scaling.attn_factor", ratio) ?? 1,
      };
    }
    const factors = await this.#factors("rope_freqs.weight", dimensions);
    if (factors) return { kind: "factors", factors };
    if (kind === "yarn") {
      return {
        kind: "yarn",
        factor,
        originalContext: originalContext ?? this.need("context_length", count),
        betaFast: this.optional("rope.scaling.yarn_beta_fast", ratio) ?? 32,
        betaSlow: this.optional("rope.scaling.yarn_beta_slow", ratio) ?? 1,
        magnitude: (this.optional("rope.scaling.attn_factor", ratio) ?? 1) * yarnMagnitude(factor),
      };
    }
    if (kind === "none" || kind === "linear") return factor === 1 ? { kind: "none" } : { kind: "linear", factor };
    throw new EngineError("unsupported", `${this.model.name}: ${this.key("rope.scaling.type")} is ${kind}`);
  }

  async #factors(tensor: string, dimensions: number): Promise<Float32Array | undefined> {
    const factors = await this.vector(tensor);
    if (factors && (factors.length !== dimensions / 2 || factors.some((factor) => !(factor > 0)))) {
      throw new EngineError(
        "bad-model",
        `${this.model.name}: ${tensor} must be ${dimensions / 2} positive factors, it has ${factors.length} values`,
      );
    }
    return factors;
  }
}

/** What is the same in every GGUF architecture here. */
export interface GgufCommon {
  readonly layers: number;
  readonly dim: number;
  readonly ffn: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabulary: number;
  readonly trainedContext: number;
  readonly normEps: number;
  readonly rope: RopeSpec;
  readonly window: number | undefined;
}

export async function readGgufCommon(keys: GgufKeys, style: RopeSpec["style"]): Promise<GgufCommon> {
  const layers = keys.need("block_count", count.max(10_000));
  const dim = keys.need("embedding_length", count);
  const heads = keys.uniform("attention.head_count", layers) ?? keys.need("attention.head_count", count);
  const kvHeads = keys.uniform("attention.head_count_kv", layers) ?? heads;
  const headDim = keys.optional("attention.key_length", count) ?? Math.floor(dim / heads);
  const valueDim = keys.optional("attention.value_length", count) ?? headDim;
  if (valueDim !== headDim) {
    throw new EngineError(
      "unsupported",
      `${keys.model.name}: ${keys.key("attention.value_length")} is ${valueDim}, keys have ${headDim}`,
    );
  }
  const embedding = keys.model.tensors.get("token_embd.weight");
  if (!embedding) throw new EngineError("bad-model", `${keys.model.name} has no token_embd.weight`);
  const dimensions = keys.optional("rope.dimension_count", count) ?? headDim;
  const rope: RopeSpec = {
    style,
    dimensions,
    base: keys.optional("rope.freq_base", ratio) ?? 10_000,
    scaling: await keys.ropeScaling(dimensions),
  };
  return {
    layers,
    dim,
    ffn: keys.uniform("feed_forward_length", layers) ?? keys.need("feed_forward_length", count),
    heads,
    kvHeads,
    headDim,
    vocabulary: embedding.shape[0] ?? 0,
    trainedContext: keys.need("context_length", count),
    normEps: keys.need("attention.layer_norm_rms_epsilon", fraction),
    rope,
    window: keys.optional("attention.sliding_window", z.number().int().nonnegative()) || undefined,
  };
}

/** Hyperparameters of a model whose layers are all alike. */
export function uniformLayers(common: GgufCommon, keys: GgufKeys): Hyperparameters {
  const { rope, window, ...shape } = common;
  return checkedHyperparameters(keys.model.name, {
    ...shape,
    attention: Array.from({ length: shape.layers }, () => ({ rope, window })),
    attentionScale: 1 / Math.sqrt(shape.headDim),
  });
}
