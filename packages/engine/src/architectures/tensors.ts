import type { Hyperparameters, TensorSpec } from "./architecture.ts";

type Options = Partial<Pick<TensorSpec, "optional" | "hfAdd" | "gguf" | "hf">>;

export function tensor(name: string, hf: string, shape: readonly number[], options: Options = {}): TensorSpec {
  return { name, shape, gguf: { name }, hf: { name: hf }, optional: false, hfAdd: 0, ...options };
}

/** Embedding, last norm and output head; a model without a head of its own uses the embedding again. */
export function outerTensors(p: Hyperparameters, norm: Options = {}): TensorSpec[] {
  return [
    tensor("token_embd.weight", "model.embed_tokens.weight", [p.vocabulary, p.dim]),
    tensor("output_norm.weight", "model.norm.weight", [p.dim], norm),
    tensor("output.weight", "lm_head.weight", [p.vocabulary, p.dim], { optional: true }),
  ];
}

/** The four projections of attention, each with a bias that only some models have. */
export function attentionTensors(p: Hyperparameters, layer: number): TensorSpec[] {
  const inner = p.heads * p.headDim;
  const kv = p.kvHeads * p.headDim;
  const shapes = [
    ["q", "q_proj", inner, p.dim],
    ["k", "k_proj", kv, p.dim],
    ["v", "v_proj", kv, p.dim],
    ["output", "o_proj", p.dim, inner],
  ] as const;
  return shapes.flatMap(([name, hf, outputs, inputs]) => [
    tensor(`blk.${layer}.attn_${name}.weight`, `model.layers.${layer}.self_attn.${hf}.weight`, [outputs, inputs]),
    tensor(`blk.${layer}.attn_${name}.bias`, `model.layers.${layer}.self_attn.${hf}.bias`, [outputs], {
      optional: true,
    }),
  ]);
}

export function headNormTensors(p: Hyperparameters, layer: number, norm: Options = {}): TensorSpec[] {
  return ["q", "k"].map((name) =>
    tensor(
      `blk.${layer}.attn_${name}_norm.weight`,
      `model.layers.${layer}.self_attn.${name}_norm.weight`,
      [p.headDim],
      norm,
    ),
  );
}

export function feedForwardTensors(p: Hyperparameters, layer: number): TensorSpec[] {
  const mlp = `model.layers.${layer}.mlp`;
  return [
    tensor(`blk.${layer}.ffn_gate.weight`, `${mlp}.gate_proj.weight`, [p.ffn, p.dim]),
    tensor(`blk.${layer}.ffn_up.weight`, `${mlp}.up_proj.weight`, [p.ffn, p.dim]),
    tensor(`blk.${layer}.ffn_down.weight`, `${mlp}.down_proj.weight`, [p.dim, p.ffn]),
  ];
}

/** The norms before attention and before the feed-forward part, by the names that most families use. */
export function preNormTensors(p: Hyperparameters, layer: number): TensorSpec[] {
  return [
    tensor(`blk.${layer}.attn_norm.weight`, `model.layers.${layer}.input_layernorm.weight`, [p.dim]),
    tensor(`blk.${layer}.ffn_norm.weight`, `model.layers.${layer}.post_attention_layernorm.weight`, [p.dim]),
  ];
}

export function perLayer(p: Hyperparameters, table: (layer: number) => TensorSpec[]): TensorSpec[] {
  return Array.from({ length: p.layers }, (_, layer) => table(layer)).flat();
}
