import type { Architecture, LayerAttention } from "./architecture.ts";
import { sandwichNormForward } from "./blocks.ts";
import { checkedHyperparameters, ratio } from "./checks.ts";
import { gemma2 } from "./gemma2.ts";
import { GgufKeys, readGgufCommon } from "./gguf-keys.ts";
import { expectActivation, hfHyperparameters, readHfCommon } from "./hf-keys.ts";
import type { RopeSpec } from "./rope.ts";
import { headNormTensors, perLayer } from "./tensors.ts";

/** Layers of the 27B model, whose scores are scaled by dim / heads and not by the head's size. */
const LARGEST = 62;
/** One layer in six sees everything; the others see a window, with positions of their own. */
const PERIOD = 6;

function layerAttention(slides: boolean, rope: RopeSpec, window: number, localBase: number): LayerAttention {
  if (!slides) return { rope, window: undefined };
  return { rope: { ...rope, base: localBase, scaling: { kind: "none" } }, window };
}

/** Gemma 3 (Gemma Team 2025), text: Gemma 2 with norms on q and k in place of soft caps, and two kinds of RoPE. */
export const gemma3: Architecture = {
  name: "gemma3",
  ggufNames: ["gemma3"],
  hfNames: ["gemma3", "gemma3_text"],
  async fromGguf(model) {
    const keys = new GgufKeys(model);
    const { rope, window, ...shape } = await readGgufCommon(keys, "halves");
    const localBase = keys.optional("rope.freq_base_swa", ratio) ?? 10_000;
    const full = layerAttention(false, rope, 0, localBase);
    const local = layerAttention(true, rope, window ?? 1024, localBase);
    return checkedHyperparameters(model.name, {
      ...shape,
      attention: Array.from({ length: shape.layers }, (_, layer) => (layer % PERIOD < PERIOD - 1 ? local : full)),
      attentionScale: 1 / Math.sqrt(shape.layers === LARGEST ? shape.dim / shape.heads : shape.headDim),
      outputSoftcap: keys.optional("final_logit_softcapping", ratio),
      embeddingScale: Math.sqrt(shape.dim),
    });
  },
  fromHf(model) {
    expectActivation(model, "gelu_pytorch_tanh");
    const config = model.metadata;
    const common = readHfCommon(model, { headDim: 256 });
    const rope = { ...common.rope, base: config.rope_theta ?? 1_000_000 };
    const localBase = config.rope_local_base_freq ?? 10_000;
    const full = layerAttention(false, rope, 0, localBase);
    const local = layerAttention(true, rope, config.sliding_window ?? 4096, localBase);
    const period = config.sliding_window_pattern ?? PERIOD;
    return hfHyperparameters(model, common, {
      attention: Array.from({ length: common.layers }, (_, layer) =>
        common.slides(layer, (layer + 1) % period !== 0) ? local : full,
      ),
      attentionScale: 1 / Math.sqrt(config.query_pre_attn_scalar ?? 256),
      attentionSoftcap: config.attn_logit_softcapping ?? undefined,
      outputSoftcap: config.final_logit_softcapping ?? undefined,
      embeddingScale: Math.sqrt(common.dim),
    });
  },
  tensors: (p) => [...gemma2.tensors(p), ...perLayer(p, (layer) => headNormTensors(p, layer, { hfAdd: 1 }))],
  forward: (g, p) => sandwichNormForward(g, p, "gelu"),
};
