import { z } from "zod";
import { hfConfigSchema, hfTokenizerConfigSchema } from "../../formats/hf-config.ts";
import { memorySource } from "../../formats/memory.ts";
import { byteLevelTokenizer } from "../../formats/testing/tiny-tokenizers.ts";
import type { HfModel, TensorInfo } from "../../formats/types.ts";
import { SeededRandom, seedFor } from "../random.ts";
import type { TrainingText } from "../types.ts";

/** The models and texts of oracle/train.py, made by the same rules. */

const base = {
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 4,
  vocab_size: 40,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  hidden_act: "silu",
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  tie_word_embeddings: true,
  bos_token_id: 0,
  eos_token_id: 2,
};

export const oracleConfigs = {
  tied: base,
  untied: { ...base, tie_word_embeddings: false },
  qwen2: { ...base, tie_word_embeddings: false, model_type: "qwen2", architectures: ["Qwen2ForCausalLM"] },
  qwen3: { ...base, head_dim: 8, model_type: "qwen3", architectures: ["Qwen3ForCausalLM"] },
};
export type OracleVariant = keyof typeof oracleConfigs;

/** As `made` in the script. */
export function made(name: string, count: number, scale: number, shift = 0): Float32Array<ArrayBuffer> {
  const random = new SeededRandom(seedFor(0, name));
  return Float32Array.from({ length: count }, () => shift + scale * (2 * random.uniform() - 1));
}

export function oracleModel(variant: OracleVariant): HfModel {
  const config = hfConfigSchema.parse(oracleConfigs[variant]);
  const { hidden_size: dim, intermediate_size: ffn, num_attention_heads: heads, vocab_size: vocabulary } = config;
  const head = config.head_dim ?? dim / heads;
  const narrow = (config.num_key_value_heads ?? heads) * head;
  const tensors = new Map<string, TensorInfo>();
  const add = (name: string, shape: readonly number[], scale: number, shift = 0) => {
    const values = made(
      name,
      shape.reduce((product, size) => product * size, 1),
      scale,
      shift,
    );
    const bytes = new Uint8Array(values.buffer);
    tensors.set(name, { name, type: "f32", shape, source: memorySource(bytes, name), offset: 0, bytes: bytes.length });
  };
  add("model.embed_tokens.weight", [vocabulary, dim], 0.5);
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const p = `model.layers.${i}.`;
    add(`${p}input_layernorm.weight`, [dim], 0.3, 1);
    add(`${p}post_attention_layernorm.weight`, [dim], 0.3, 1);
    for (const [name, n, k] of [
      ["q", heads * head, dim],
      ["k", narrow, dim],
      ["v", narrow, dim],
      ["o", dim, heads * head],
    ] as const) {
      add(`${p}self_attn.${name}_proj.weight`, [n, k], 0.5);
      if (variant === "qwen2" && name !== "o") add(`${p}self_attn.${name}_proj.bias`, [n], 0.3);
    }
    if (variant === "qwen3") for (const name of ["q", "k"]) add(`${p}self_attn.${name}_norm.weight`, [head], 0.3, 1);
    add(`${p}mlp.gate_proj.weight`, [ffn, dim], 0.5);
    add(`${p}mlp.up_proj.weight`, [ffn, dim], 0.5);
    add(`${p}mlp.down_proj.weight`, [dim, ffn], 0.5);
  }
  add("model.norm.weight", [dim], 0.3, 1);
  if (config.tie_word_embeddings !== true) add("lm_head.weight", [vocabulary, dim], 0.5);
  const tokenizer = byteLevelTokenizer(300);
  return {
    format: "safetensors",
    name: `oracle-${variant}`,
    metadata: config,
    generationConfig: {},
    tensors,
    tokenizer: {
      kind: "hf",
      tokenizerJson: tokenizer.tokenizerJson,
      tokenizerConfig: hfTokenizerConfigSchema.parse(tokenizer.tokenizerConfig),
    },
    chatTemplate: undefined,
    close: async () => undefined,
  };
}

/** As `text` and `answer` in the script. */
export function oracleText(index: number): TrainingText {
  const random = new SeededRandom(seedFor(0, `text ${index}`));
  const draws = Array.from({ length: 40 }, () => random.uniform());
  const length = 4 + Math.floor(draws[0]! * 14);
  const tokens = draws.slice(1, 1 + length).map((draw) => Math.floor(draw * 40));
  const first = 1 + Math.floor(draws[30]! * (length - 2));
  return { tokens, weights: tokens.map((_, i) => Number(i >= first)) };
}

const gradientCase = z.object({ loss: z.number(), gradients: z.record(z.string(), z.string()) });
const curve = z.object({ losses: z.array(z.number()), norms: z.array(z.number()) });

export const oracleSchema = z.object({
  full: z.object({ tied: gradientCase, untied: gradientCase, qwen2: gradientCase, qwen3: gradientCase }),
  adapter: z.object({ supervised: gradientCase, dpo: gradientCase, simpo: gradientCase }),
  curve: z.object({ full: curve, adapter: curve }),
});
export type Oracle = z.infer<typeof oracleSchema>;

export function decodeFloats(text: string): Float32Array {
  return new Float32Array(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer);
}
