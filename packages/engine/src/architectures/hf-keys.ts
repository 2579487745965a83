import { EngineError } from "../errors.ts";
import type { HfModel } from "../formats/types.ts";
import type { Hyperparameters } from "./architecture.ts";
import { checkedHyperparameters } from "./checks.ts";
import { type RopeScaling, type RopeSpec, yarnMagnitude } from "./rope.ts";

/** `rope_scaling` of a config.json. */
export function hfRopeScaling(model: HfModel): RopeScaling {
  const config = model.metadata;
  const scaling = config.rope_scaling;
  const kind = scaling?.rope_type ?? scaling?.type ?? "default";
  if (!scaling || kind === "default") return { kind: "none" };
  const need = <T>(value: T | null | undefined, key: string): T => {
    if (value !== undefined && value !== null) return value;
    throw new EngineError("bad-model", `${model.name}: config.json has no rope_scaling.${key}`);
  };
  const originalContext =
    scaling.original_max_position_embeddings ??
    config.original_max_position_embeddings ??
    config.max_position_embeddings;
  switch (kind) {
    case "linear":
      return { kind, factor: need(scaling.factor, "factor") };
    case "llama3":
      return {
        kind,
        factor: need(scaling.factor, "factor"),
        lowFrequencyFactor: need(scaling.low_freq_factor, "low_freq_factor"),
        highFrequencyFactor: need(scaling.high_freq_factor, "high_freq_factor"),
        originalContext,
      };
    case "yarn": {
      const factor = need(scaling.factor, "factor");
      const { mscale, mscale_all_dim: mscaleAllDim } = scaling;
      const relative =
        mscale && mscaleAllDim
          ? (1 + (yarnMagnitude(factor) - 1) * mscale) / (1 + (yarnMagnitude(factor) - 1) * mscaleAllDim)
          : yarnMagnitude(factor);
      return {
        kind,
        factor,
        originalContext,
        betaFast: scaling.beta_fast ?? 32,
        betaSlow: scaling.beta_slow ?? 1,
        magnitude: scaling.attention_factor ?? relative,
      };
    }
    case "longrope":
    case "su": {
      const factor = config.max_position_embeddings / originalContext;
      const magnitude = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(originalContext));
      return {
        kind: "longrope",
        short: need(scaling.short_factor, "short_factor"),
        long: need(scaling.long_factor, "long_factor"),
        originalContext,
        magnitude: scaling.attention_factor ?? magnitude,
      };
    }
    default:
      throw new EngineError("unsupported", `${model.name}: rope_scaling of type ${kind} is not known`);
  }
}

/** What is the same in every Hugging Face configuration here. */
export function readHfCommon(model: HfModel, defaults: { headDim?: number } = {}) {
  const config = model.metadata;
  const heads = config.num_attention_heads;
  const headDim = config.head_dim ?? defaults.headDim ?? Math.floor(config.hidden_size / heads);
  const partial = config.partial_rotary_factor ?? 1;
  const rope: RopeSpec = {
    style: "halves",
    dimensions: Math.floor(headDim * partial),
    base: config.rope_theta ?? 10_000,
    scaling: hfRopeScaling(model),
  };
  return {
    layers: config.num_hidden_layers,
    dim: config.hidden_size,
    ffn: config.intermediate_size,
    heads,
    kvHeads: config.num_key_value_heads ?? heads,
    headDim,
    vocabulary: config.vocab_size,
    trainedContext: config.max_position_embeddings,
    normEps: config.rms_norm_eps,
    rope,
    /** `layer_types` where the file has it, else `otherwise`. */
    slides: (layer: number, otherwise: boolean): boolean =>
      config.layer_types ? config.layer_types[layer] === "sliding_attention" : otherwise,
  };
}

/** @throws EngineError `unsupported` when config.json names another activation than the architecture's. */
export function expectActivation(model: HfModel, ...allowed: readonly string[]): void {
  const activation = model.metadata.hidden_activation ?? model.metadata.hidden_act;
  if (activation && !allowed.includes(activation)) {
    throw new EngineError(
      "unsupported",
      `${model.name}: hidden_act is ${activation}, expected ${allowed.join(" or ")}`,
    );
  }
}

type HfCommon = ReturnType<typeof readHfCommon>;

/** Hyperparameters from the common part and what an architecture adds. */
export function hfHyperparameters(
  model: HfModel,
  { rope: _rope, slides: _slides, ...shape }: HfCommon,
  rest: Omit<Hyperparameters, keyof Omit<HfCommon, "rope" | "slides"> | "attentionScale"> & { attentionScale?: number },
): Hyperparameters {
  return checkedHyperparameters(model.name, { ...shape, attentionScale: 1 / Math.sqrt(shape.headDim), ...rest });
}
