import { FormatError } from "../errors.ts";
import type { GgufValue } from "../gguf-metadata.ts";
import type { HfConfig } from "../hf-config.ts";
import { f32, text, u32 } from "./key-values.ts";

/** Values in one attention head. */
export function headSize(config: HfConfig): number {
  return config.head_dim ?? config.hidden_size / config.num_attention_heads;
}

/** Heads of keys and values: as many as of queries when the config does not say. */
export function keyValueHeads(config: HfConfig): number {
  return config.num_key_value_heads ?? config.num_attention_heads;
}

/** `config.json` under llama.cpp's key names (`LLM_KV_NAMES` in llama-arch.cpp). */
export function hyperparameters(architecture: string, config: HfConfig): Map<string, GgufValue> {
  const size = headSize(config);
  const rotated = Math.floor(size * (config.partial_rotary_factor ?? 1));
  const values: [string, GgufValue | undefined][] = [
    ["block_count", u32(config.num_hidden_layers)],
    ["context_length", u32(config.max_position_embeddings)],
    ["embedding_length", u32(config.hidden_size)],
    ["feed_forward_length", u32(config.intermediate_size)],
    ["vocab_size", u32(config.vocab_size)],
    ["attention.head_count", u32(config.num_attention_heads)],
    ["attention.head_count_kv", u32(keyValueHeads(config))],
    ["attention.key_length", u32(size)],
    ["attention.value_length", u32(size)],
    ["attention.layer_norm_rms_epsilon", f32(config.rms_norm_eps)],
    ["rope.dimension_count", u32(rotated)],
    ["rope.freq_base", f32(config.rope_theta ?? 10_000)],
    ["rope.freq_base_swa", optionalF32(config.rope_local_base_freq)],
    ["attention.sliding_window", slidingWindow(config)],
    ["attn_logit_softcapping", optionalF32(config.attn_logit_softcapping)],
    ["final_logit_softcapping", optionalF32(config.final_logit_softcapping)],
    ...ropeScaling(config),
  ];
  const entries = new Map<string, GgufValue>();
  for (const [key, value] of values) if (value !== undefined) entries.set(`${architecture}.${key}`, value);
  return entries;
}

function slidingWindow(config: HfConfig): GgufValue | undefined {
  if (!config.sliding_window || config.use_sliding_window === false) return undefined;
  return u32(config.sliding_window);
}

function optionalF32(value: number | null | undefined): GgufValue | undefined {
  return value === null || value === undefined ? undefined : f32(value);
}

/** What of the RoPE scaling goes into keys; `llama3` and `longrope` go into factor tensors instead. */
function ropeScaling(config: HfConfig): [string, GgufValue | undefined][] {
  const scaling = config.rope_scaling;
  if (!scaling) return [];
  const kind = scaling.rope_type ?? scaling.type ?? "default";
  const original = scaling.original_max_position_embeddings ?? config.original_max_position_embeddings ?? undefined;
  const originalEntry = original === undefined ? undefined : u32(original);
  switch (kind) {
    case "default":
    case "llama3":
      return [];
    case "linear":
      return [
        ["rope.scaling.type", text("linear")],
        ["rope.scaling.factor", optionalF32(scaling.factor)],
      ];
    case "yarn":
      return [
        ["rope.scaling.type", text("yarn")],
        ["rope.scaling.factor", optionalF32(scaling.factor)],
        ["rope.scaling.original_context_length", originalEntry],
        ["rope.scaling.yarn_beta_fast", optionalF32(scaling.beta_fast)],
        ["rope.scaling.yarn_beta_slow", optionalF32(scaling.beta_slow)],
      ];
    case "longrope":
    case "su":
      return [
        ["rope.scaling.original_context_length", originalEntry],
        ["rope.scaling.attn_factor", f32(longRopeAttention(config.max_position_embeddings, original))],
      ];
    default:
      throw new FormatError("unsupported", `config.json: rope_scaling of the kind ${kind} is not known`);
  }
}

/** sqrt(1 + ln s / ln n) for a context s times the original n (Ding et al. 2024, LongRoPE; as Phi-3 defines it). */
function longRopeAttention(context: number, original: number | undefined): number {
  if (original === undefined || context <= original) return 1;
  return Math.sqrt(1 + Math.log(context / original) / Math.log(original));
}

/** Tensors of per-frequency divisors that a scaled RoPE needs, `[rotated / 2]` each. */
export function ropeFactors(config: HfConfig): Map<string, Float32Array> {
  const scaling = config.rope_scaling;
  const kind = scaling?.rope_type ?? scaling?.type;
  const factors = new Map<string, Float32Array>();
  if (!scaling) return factors;
  if (kind === "longrope" || kind === "su") {
    if (scaling.long_factor === undefined || scaling.short_factor === undefined) {
      throw new FormatError("missing", "config.json: rope_scaling lacks long_factor or short_factor");
    }
    factors.set("rope_factors_long.weight", Float32Array.from(scaling.long_factor));
    factors.set("rope_factors_short.weight", Float32Array.from(scaling.short_factor));
  } else if (kind === "llama3") {
    factors.set("rope_freqs.weight", llama3Factors(config));
  }
  return factors;
}

/** Llama 3.1's scaling: long wavelengths divided by `factor`, short ones kept, a ramp between (Llama 3 reference code). */
function llama3Factors(config: HfConfig): Float32Array {
  const scaling = config.rope_scaling ?? {};
  const factor = scaling.factor ?? 8;
  const low = scaling.low_freq_factor ?? 1;
  const high = scaling.high_freq_factor ?? 4;
  const original = scaling.original_max_position_embeddings ?? 8192;
  const size = headSize(config);
  return Float32Array.from({ length: size / 2 }, (_, i) => {
    const wavelength = 2 * Math.PI * (config.rope_theta ?? 10_000) ** ((2 * i) / size);
    if (wavelength < original / high) return 1;
    if (wavelength > original / low) return factor;
    const smooth = (original / wavelength - low) / (high - low);
    return 1 / ((1 - smooth) / factor + smooth);
  });
}
