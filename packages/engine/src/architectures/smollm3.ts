import type { Architecture } from "./architecture.ts";
import { checkedHyperparameters } from "./checks.ts";
import { GgufKeys, readGgufCommon, uniformLayers } from "./gguf-keys.ts";
import { expectActivation, hfHyperparameters, readHfCommon } from "./hf-keys.ts";
import { llama } from "./llama.ts";

/** Every fourth layer knows no positions (Yang et al. 2025, "RoPE to NoPE and back again"). */
const PERIOD = 4;

/** SmolLM3 (Bakouch et al. 2025): Llama with layers that are not rotated. GGUF reorders q and k as for Llama. */
export const smollm3: Architecture = {
  name: "smollm3",
  ggufNames: ["smollm3"],
  hfNames: ["smollm3"],
  async fromGguf(model) {
    const keys = new GgufKeys(model);
    const common = await readGgufCommon(keys, "interleaved");
    const p = uniformLayers(common, keys);
    return checkedHyperparameters(model.name, {
      ...p,
      attention: p.attention.map(({ rope, window }, layer) => ({
        rope: (layer + 1) % PERIOD === 0 ? undefined : rope,
        window,
      })),
    });
  },
  fromHf(model) {
    expectActivation(model, "silu");
    const common = readHfCommon(model);
    const { no_rope_layers: rotated, no_rope_layer_interval: interval, sliding_window: window } = model.metadata;
    return hfHyperparameters(model, common, {
      attention: Array.from({ length: common.layers }, (_, layer) => {
        // `no_rope_layers` holds 1 for the layers that do rotate.
        const rotates = rotated ? rotated[layer] !== 0 : (layer + 1) % (interval ?? PERIOD) !== 0;
        const slides = model.metadata.use_sliding_window === true && common.slides(layer, rotates);
        return { rope: rotates ? common.rope : undefined, window: slides ? (window ?? undefined) : undefined };
      }),
    });
  },
  tensors: llama.tensors,
  forward: llama.forward,
};
