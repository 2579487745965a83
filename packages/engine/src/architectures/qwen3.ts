import type { Architecture } from "./architecture.ts";
import { preNormForward } from "./blocks.ts";
import { GgufKeys, readGgufCommon, uniformLayers } from "./gguf-keys.ts";
import { expectActivation, hfHyperparameters, readHfCommon } from "./hf-keys.ts";
import {
  attentionTensors,
  feedForwardTensors,
  headNormTensors,
  outerTensors,
  perLayer,
  preNormTensors,
} from "./tensors.ts";

/** Qwen3 (Yang et al. 2025), dense: Llama with a norm on each head's q and k, and heads of their own size. */
export const qwen3: Architecture = {
  name: "qwen3",
  ggufNames: ["qwen3"],
  hfNames: ["qwen3"],
  async fromGguf(model) {
    const keys = new GgufKeys(model);
    return uniformLayers(await readGgufCommon(keys, "halves"), keys);
  },
  fromHf(model) {
    expectActivation(model, "silu");
    const common = readHfCommon(model, { headDim: 128 });
    const { sliding_window: window, use_sliding_window: used, max_window_layers: full } = model.metadata;
    return hfHyperparameters(model, common, {
      attention: Array.from({ length: common.layers }, (_, layer) => ({
        rope: common.rope,
        window: used && window && common.slides(layer, layer >= (full ?? 0)) ? window : undefined,
      })),
    });
  },
  tensors: (p) => [
    ...outerTensors(p),
    ...perLayer(p, (layer) => [
      ...preNormTensors(p, layer),
      ...attentionTensors(p, layer),
      ...headNormTensors(p, layer),
      ...feedForwardTensors(p, layer),
    ]),
  ],
  forward: (g, p) => preNormForward(g, p),
};
