import type { Architecture, Hyperparameters, TensorSpec } from "./architecture.ts";
import { sandwichNormForward } from "./blocks.ts";
import { checkedHyperparameters, ratio } from "./checks.ts";
import { GgufKeys, readGgufCommon } from "./gguf-keys.ts";
import { expectActivation, hfHyperparameters, readHfCommon } from "./hf-keys.ts";
import { attentionTensors, feedForwardTensors, outerTensors, perLayer, tensor } from "./tensors.ts";

/** Hugging Face files hold Gemma's norm weights less one; GGUF files hold them whole. */
const norm = { hfAdd: 1 };
/** Layers of the 27B model, whose scores are scaled by dim / heads and not by the head's size. */
const LARGEST = 46;

function normTensors(p: Hyperparameters, layer: number): TensorSpec[] {
  const names = [
    ["attn_norm", "input_layernorm"],
    ["post_attention_norm", "post_attention_layernorm"],
    ["ffn_norm", "pre_feedforward_layernorm"],
    ["post_ffw_norm", "post_feedforward_layernorm"],
  ] as const;
  return names.map(([name, hf]) =>
    tensor(`blk.${layer}.${name}.weight`, `model.layers.${layer}.${hf}.weight`, [p.dim], norm),
  );
}

/** Gemma 2 (Gemma Team 2024): norms on both sides, soft caps, every second layer sees a window, from the first on. */
export const gemma2: Architecture = {
  name: "gemma2",
  ggufNames: ["gemma2"],
  hfNames: ["gemma2"],
  async fromGguf(model) {
    const keys = new GgufKeys(model);
    const { rope, window, ...shape } = await readGgufCommon(keys, "halves");
    return checkedHyperparameters(model.name, {
      ...shape,
      attention: Array.from({ length: shape.layers }, (_, layer) => ({
        rope,
        window: layer % 2 === 0 ? (window ?? 4096) : undefined,
      })),
      attentionScale: 1 / Math.sqrt(shape.layers === LARGEST ? shape.dim / shape.heads : shape.headDim),
      attentionSoftcap: keys.optional("attn_logit_softcapping", ratio) ?? 50,
      outputSoftcap: keys.optional("final_logit_softcapping", ratio) ?? 30,
      embeddingScale: Math.sqrt(shape.dim),
    });
  },
  fromHf(model) {
    expectActivation(model, "gelu_pytorch_tanh", "gelu_new");
    const common = readHfCommon(model, { headDim: 256 });
    const config = model.metadata;
    return hfHyperparameters(model, common, {
      attention: Array.from({ length: common.layers }, (_, layer) => ({
        rope: common.rope,
        window: common.slides(layer, layer % 2 === 0) ? (config.sliding_window ?? 4096) : undefined,
      })),
      attentionScale: 1 / Math.sqrt(config.query_pre_attn_scalar ?? common.headDim),
      attentionSoftcap: config.attn_logit_softcapping ?? undefined,
      outputSoftcap: config.final_logit_softcapping ?? undefined,
      embeddingScale: Math.sqrt(common.dim),
    });
  },
  tensors: (p) => [
    ...outerTensors(p, norm),
    ...perLayer(p, (layer) => [
      ...normTensors(p, layer),
      ...attentionTensors(p, layer),
      ...feedForwardTensors(p, layer),
    ]),
  ],
  forward: (g, p) => sandwichNormForward(g, p, "gelu"),
};
