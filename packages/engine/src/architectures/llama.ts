import type { Architecture } from "./architecture.ts";
import { preNormForward } from "./blocks.ts";
import { GgufKeys, readGgufCommon, uniformLayers } from "./gguf-keys.ts";
import { expectActivation, hfHyperparameters, readHfCommon } from "./hf-keys.ts";
import { attentionTensors, feedForwardTensors, outerTensors, perLayer, preNormTensors } from "./tensors.ts";

/**
 * Llama 2 and 3 (Touvron et al. 2023), Mistral (Jiang et al. 2023), SmolLM, TinyLlama. GGUF files of this architecture
 * have the rows of q and k reordered so that neighbours turn together.
 */
export const llama: Architecture = {
  name: "llama",
  ggufNames: ["llama"],
  hfNames: ["llama", "mistral"],
  async fromGguf(model) {
    const keys = new GgufKeys(model);
    return uniformLayers(await readGgufCommon(keys, "interleaved"), keys);
  },
  fromHf(model) {
    expectActivation(model, "silu");
    const common = readHfCommon(model);
    const window = model.metadata.model_type === "mistral" ? (model.metadata.sliding_window ?? undefined) : undefined;
    return hfHyperparameters(model, common, {
      attention: Array.from({ length: common.layers }, () => ({ rope: common.rope, window })),
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
