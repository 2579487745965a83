import { z } from "zod";
import { hfConfigSchema, hfTokenizerConfigSchema } from "../../formats/hf-config.ts";
import { memorySource } from "../../formats/memory.ts";
import { byteLevelTokenizer } from "../../formats/testing/tiny-tokenizers.ts";
import type { HfModel } from "../../formats/types.ts";
import { hfTensorShapes } from "../fresh.ts";
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
  const matrix = () => 0.5;
  return modelByRule(`oracle-${variant}`, oracleConfigs[variant], { matrix, bias: 0.3, norm: 0.3 });
}

/** tug-nano's shape as oracle/pretrain.py starts it. */
export function pretrainModel(): HfModel {
  const scale = 0.02 * Math.sqrt(3);
  const matrix = (name: string) => (/\.(o|down)_proj\./.test(name) ? scale / Math.sqrt(12) : scale);
  const shape = { hidden_size: 192, intermediate_size: 512, num_hidden_layers: 6, vocab_size: 8192 };
  const heads = { num_attention_heads: 3, num_key_value_heads: 1, head_dim: 64 };
  return modelByRule("oracle-nano", { ...base, ...shape, ...heads }, { matrix, bias: 0, norm: 0 });
}

/** The stream of tokens of oracle/pretrain.py. */
export function pretrainStream(count: number): number[] {
  const random = new SeededRandom(seedFor(0, "stream"));
  return Array.from({ length: count }, () => Math.floor(8192 * random.uniform() ** 4));
}

/** Scales of the uniform numbers that tensors are made of, norms around one. */
interface Scales {
  readonly matrix: (name: string) => number;
  readonly bias: number;
  readonly norm: number;
}

function modelByRule(name: string, raw: object, scales: Scales): HfModel {
  const config = hfConfigSchema.parse(raw);
  const tokenizer = byteLevelTokenizer(300);
  const tensors = new Map(
    [...hfTensorShapes(config)].map(([tensor, shape]) => {
      const count = shape.reduce((product, size) => product * size, 1);
      const isNorm = tensor.endsWith("norm.weight");
      const scale = isNorm ? scales.norm : shape.length === 1 ? scales.bias : scales.matrix(tensor);
      const bytes = new Uint8Array(made(tensor, count, scale, isNorm ? 1 : 0).buffer);
      const source = memorySource(bytes, tensor);
      return [tensor, { name: tensor, type: "f32", shape, source, offset: 0, bytes: bytes.length }] as const;
    }),
  );
  return {
    format: "safetensors",
    name,
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
