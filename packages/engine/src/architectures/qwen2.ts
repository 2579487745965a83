import type { Architecture } from "./architecture.ts";
import { preNormForward } from "./blocks.ts";
import { GgufKeys, readGgufCommon, uniformLayers } from "./gguf-keys.ts";
import { expectActivation, hfHyperparameters, readHfCommon } from "./hf-keys.ts";
import { attentionTensors, feedForwardTensors, outerTensors, perLayer, preNormTensors } from "./tensors.ts";

/** Qwen2 and 2.5 (Yang et al. 2024): Llama with biases on q, k and v. */
export const qwen2: Architecture = {
  name: "qwen2",
  ggufNames: ["qwen2"],
  hfNames: ["qwen2"],
  async fromGguf(model) {
    const keys = new GgufKeys(model);
    return uniformLayers(await readGgufCommon(keys, "halves"), keys);
  },
  fromHf(model) {
    expectActivation(model, "silu");
    const common = readHfCommon(model);
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
      ...feedForwardTensors(p, layer),
    ]),
  ],
  forward: (g, p) => preNormForward(g, p),
};
