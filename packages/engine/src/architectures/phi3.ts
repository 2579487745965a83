import type { Architecture, Hyperparameters, TensorSpec } from "./architecture.ts";
import { preNormForward } from "./blocks.ts";
import { GgufKeys, readGgufCommon, uniformLayers } from "./gguf-keys.ts";
import { expectActivation, hfHyperparameters, readHfCommon } from "./hf-keys.ts";
import { outerTensors, perLayer, preNormTensors, tensor } from "./tensors.ts";

/** q, k and v lie one after another in one tensor of the file, gate and up in another. */
function fusedTensors(p: Hyperparameters, layer: number): TensorSpec[] {
  const inner = p.heads * p.headDim;
  const kv = p.kvHeads * p.headDim;
  const file = `model.layers.${layer}`;
  const part = (name: string, from: string, hf: string, row: number, rows: number, ofRows: number) =>
    tensor(`blk.${layer}.${name}.weight`, hf, [rows, p.dim], {
      gguf: { name: `blk.${layer}.${from}.weight`, row, ofRows },
      hf: { name: `${file}.${hf}.weight`, row, ofRows },
    });
  const qkv = inner + 2 * kv;
  return [
    part("attn_q", "attn_qkv", "self_attn.qkv_proj", 0, inner, qkv),
    part("attn_k", "attn_qkv", "self_attn.qkv_proj", inner, kv, qkv),
    part("attn_v", "attn_qkv", "self_attn.qkv_proj", inner + kv, kv, qkv),
    tensor(`blk.${layer}.attn_output.weight`, `${file}.self_attn.o_proj.weight`, [p.dim, inner]),
    part("ffn_gate", "ffn_up", "mlp.gate_up_proj", 0, p.ffn, 2 * p.ffn),
    part("ffn_up", "ffn_up", "mlp.gate_up_proj", p.ffn, p.ffn, 2 * p.ffn),
    tensor(`blk.${layer}.ffn_down.weight`, `${file}.mlp.down_proj.weight`, [p.dim, p.ffn]),
  ];
}

/** Phi-3 and Phi-4 mini (Abdin et al. 2024): Llama with fused projections, LongRoPE, perhaps partly rotated heads. */
export const phi3: Architecture = {
  name: "phi3",
  ggufNames: ["phi3"],
  hfNames: ["phi3"],
  async fromGguf(model) {
    const keys = new GgufKeys(model);
    return uniformLayers(await readGgufCommon(keys, "halves"), keys);
  },
  fromHf(model) {
    expectActivation(model, "silu");
    const common = readHfCommon(model);
    const window = model.metadata.sliding_window ?? undefined;
    return hfHyperparameters(model, common, {
      attention: Array.from({ length: common.layers }, () => ({ rope: common.rope, window })),
    });
  },
  tensors: (p) => [
    ...outerTensors(p),
    ...perLayer(p, (layer) => [...preNormTensors(p, layer), ...fusedTensors(p, layer)]),
  ],
  forward: (g, p) => preNormForward(g, p),
};
