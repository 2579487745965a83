import { z } from "zod";

const count = z
  .number()
  .int()
  .positive()
  .max(2 ** 31);
const tokenIds = z.union([z.number().int(), z.array(z.number().int())]);

const ropeScaling = z.looseObject({
  rope_type: z.string().optional(),
  /** The older name of `rope_type`. */
  type: z.string().optional(),
  factor: z.number().positive().optional(),
  original_max_position_embeddings: count.optional(),
  low_freq_factor: z.number().optional(),
  high_freq_factor: z.number().optional(),
  attention_factor: z.number().nullish(),
  beta_fast: z.number().nullish(),
  beta_slow: z.number().nullish(),
  mscale: z.number().nullish(),
  mscale_all_dim: z.number().nullish(),
  short_factor: z.array(z.number()).optional(),
  long_factor: z.array(z.number()).optional(),
  rope_theta: z.number().positive().optional(),
});

const textConfig = z.looseObject({
  architectures: z.array(z.string()).nullish(),
  model_type: z.string(),
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count.max(10_000),
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.max(65_536).nullish(),
  vocab_size: count,
  max_position_embeddings: count,
  rms_norm_eps: z.number().positive().default(1e-6),
  rope_theta: z.number().positive().nullish(),
  rope_local_base_freq: z.number().positive().nullish(),
  rope_scaling: ropeScaling.nullish(),
  partial_rotary_factor: z.number().positive().nullish(),
  original_max_position_embeddings: count.nullish(),
  tie_word_embeddings: z.boolean().nullish(),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  hidden_act: z.string().nullish(),
  hidden_activation: z.string().nullish(),
  sliding_window: count.nullish(),
  use_sliding_window: z.boolean().nullish(),
  max_window_layers: z.number().int().nullish(),
  layer_types: z.array(z.string()).nullish(),
  sliding_window_pattern: count.nullish(),
  query_pre_attn_scalar: z.number().positive().nullish(),
  attn_logit_softcapping: z.number().positive().nullish(),
  final_logit_softcapping: z.number().positive().nullish(),
  no_rope_layers: z.array(z.number()).nullish(),
  no_rope_layer_interval: count.nullish(),
  bos_token_id: tokenIds.nullish(),
  eos_token_id: tokenIds.nullish(),
  pad_token_id: z.number().int().nullish(),
});

/**
 * `config.json`. Models that wrap a language model (Gemma 3 with vision) keep its hyperparameters under `text_config`;
 * they are lifted. Transformers 5 writes `rope_parameters` in place of `rope_theta` and `rope_scaling`; that too becomes
 * the older form. Unknown keys are kept.
 */
export const hfConfigSchema = z
  .looseObject({ text_config: z.looseObject({}).optional(), architectures: z.array(z.string()).nullish() })
  .transform((raw): Record<string, unknown> => {
    const lifted: Record<string, unknown> =
      raw.text_config === undefined ? raw : { ...raw, ...raw.text_config, architectures: raw.architectures };
    const rope = lifted.rope_parameters;
    if (typeof rope !== "object" || rope === null) return lifted;
    if ("full_attention" in rope) {
      // One set per kind of layer (Gemma 3).
      const local = "sliding_attention" in rope ? z.looseObject({}).safeParse(rope.sliding_attention).data : undefined;
      const full = z.looseObject({}).safeParse(rope.full_attention).data ?? {};
      return {
        rope_theta: full.rope_theta,
        rope_scaling: full.rope_type === "default" ? null : full,
        rope_local_base_freq: local?.rope_theta,
        ...lifted,
      };
    }
    const scaling = z.looseObject({}).parse(rope);
    return {
      rope_theta: scaling.rope_theta,
      rope_scaling: scaling.rope_type === "default" ? null : scaling,
      ...lifted,
    };
  })
  .pipe(textConfig);
export type HfConfig = z.infer<typeof textConfig>;
export type HfRopeScaling = z.infer<typeof ropeScaling>;

export const hfGenerationConfigSchema = z.looseObject({
  bos_token_id: tokenIds.nullish(),
  eos_token_id: tokenIds.nullish(),
  temperature: z.number().nullish(),
  top_k: z.number().nullish(),
  top_p: z.number().nullish(),
  min_p: z.number().nullish(),
  repetition_penalty: z.number().nullish(),
});
export type HfGenerationConfig = z.infer<typeof hfGenerationConfigSchema>;

const specialToken = z.union([z.string(), z.looseObject({ content: z.string() }).transform((token) => token.content)]);
const namedTemplates = z.array(z.looseObject({ name: z.string(), template: z.string() }));

export const hfTokenizerConfigSchema = z.looseObject({
  tokenizer_class: z.string().nullish(),
  bos_token: specialToken.nullish(),
  eos_token: specialToken.nullish(),
  pad_token: specialToken.nullish(),
  unk_token: specialToken.nullish(),
  add_bos_token: z.boolean().nullish(),
  add_eos_token: z.boolean().nullish(),
  chat_template: z.union([z.string(), namedTemplates]).nullish(),
});
export type HfTokenizerConfig = z.infer<typeof hfTokenizerConfigSchema>;
