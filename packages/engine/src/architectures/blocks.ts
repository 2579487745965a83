import type { Activation, ForwardGraph, Hyperparameters, Value } from "./architecture.ts";

/** Attention of one layer on its normalised input. */
export function selfAttention(g: ForwardGraph, x: Value, layer: number): Value {
  const qNorm = `blk.${layer}.attn_q_norm.weight`;
  const kNorm = `blk.${layer}.attn_k_norm.weight`;
  const attended = g.attention(layer, {
    q: g.linear(x, `blk.${layer}.attn_q.weight`),
    k: g.linear(x, `blk.${layer}.attn_k.weight`),
    v: g.linear(x, `blk.${layer}.attn_v.weight`),
    qNorm: g.has(qNorm) ? qNorm : undefined,
    kNorm: g.has(kNorm) ? kNorm : undefined,
  });
  return g.linear(attended, `blk.${layer}.attn_output.weight`);
}

/** The gated feed-forward part of one layer on its normalised input. */
export function feedForward(g: ForwardGraph, x: Value, layer: number, activation: Activation): Value {
  const gate = g.linear(x, `blk.${layer}.ffn_gate.weight`);
  const up = g.linear(x, `blk.${layer}.ffn_up.weight`);
  return g.linear(g.glu(gate, up, activation), `blk.${layer}.ffn_down.weight`);
}

/** Llama's layer order: a norm before each part, the input added after it. */
export function preNormForward(g: ForwardGraph, p: Hyperparameters, activation: Activation = "silu"): void {
  let x = g.embed("token_embd.weight", p.embeddingScale);
  for (let layer = 0; layer < p.layers; layer++) {
    x = g.add(x, selfAttention(g, g.norm(x, `blk.${layer}.attn_norm.weight`), layer));
    x = g.add(x, feedForward(g, g.norm(x, `blk.${layer}.ffn_norm.weight`), layer, activation));
  }
  g.output(x, "output_norm.weight", outputTensor(g));
}

/** Gemma 2's layer order: a norm before each part and another after it, then the input added. */
export function sandwichNormForward(g: ForwardGraph, p: Hyperparameters, activation: Activation): void {
  let x = g.embed("token_embd.weight", p.embeddingScale);
  for (let layer = 0; layer < p.layers; layer++) {
    const attended = selfAttention(g, g.norm(x, `blk.${layer}.attn_norm.weight`), layer);
    x = g.add(x, g.norm(attended, `blk.${layer}.post_attention_norm.weight`));
    const fed = feedForward(g, g.norm(x, `blk.${layer}.ffn_norm.weight`), layer, activation);
    x = g.add(x, g.norm(fed, `blk.${layer}.post_ffw_norm.weight`));
  }
  g.output(x, "output_norm.weight", outputTensor(g));
}

function outputTensor(g: ForwardGraph): string {
  return g.has("output.weight") ? "output.weight" : "token_embd.weight";
}
