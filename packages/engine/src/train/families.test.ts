import type { Device } from "@tugboat/kernels";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RandomFamily } from "../formats/testing/random-configs.ts";
import { randomGguf, randomModel } from "../formats/testing/random-model.ts";
import type { ModelFiles } from "../formats/types.ts";
import { referenceLogits } from "../reference/forward.ts";
import { ggufOf, openTestDevice, referenceOf, relativeError, someTokens, sourceOf } from "../testing/engines.ts";
import { Learner } from "./learner.ts";
import { parseMethod } from "./method.ts";
import { openTrainer } from "./trainer.ts";

let device: Device;
beforeAll(async () => {
  device = await openTestDevice();
});
afterAll(() => device.destroy());

/** Log-probabilities of a text's tokens from the float64 forward pass. */
async function referenceLogprobs(files: ModelFiles, tokens: readonly number[]): Promise<number[]> {
  const model = await referenceOf(files, 64);
  const logits = referenceLogits(model, tokens.slice(0, -1));
  const { vocabulary } = model.hyperparameters;
  return tokens.slice(1).map((token, row) => {
    const values = logits.subarray(row * vocabulary, (row + 1) * vocabulary);
    const peak = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    return values[token]! - peak - Math.log(values.reduce((sum, value) => sum + Math.exp(value - peak), 0));
  });
}

async function expectForward(files: ModelFiles): Promise<void> {
  const method = { kind: "lora", rank: 4, targets: ["q_proj"] } as const;
  const trainer = await openTrainer(sourceOf(files), { device, method, maxRows: 64, contextLength: 64 });
  try {
    const texts = [someTokens(31, 300, 2), someTokens(9, 300, 3)].map((tokens) => ({ tokens }));
    const found = await trainer.evaluate(texts);
    for (const [i, { tokens }] of texts.entries()) {
      expect(relativeError(found.texts[i]!.logprobs, await referenceLogprobs(files, tokens))).toBeLessThan(1e-4);
    }
  } finally {
    await trainer.close();
  }
}

describe("the forward pass of training, against float64", () => {
  const families = ["llama", "llama3", "qwen2Yarn", "qwen3", "mistral", "gemma3", "smollm3"] as const;
  it.each(families)("%s", (family: RandomFamily) => expectForward(randomModel(family)));

  it.each(["q8_0", "q4_0", "f16"] as const)("a GGUF file of %s", async (type) => {
    await expectForward(await ggufOf(await randomGguf("llama", { type }), "llama"));
  });

  it("refuses families whose gradients it does not have, by name", async () => {
    for (const family of ["gemma2", "phi3"] as const) {
      const opened = openTrainer(sourceOf(randomModel(family)), { device, method: { kind: "lora", rank: 4 } });
      await expect(opened).rejects.toMatchObject({ code: "unsupported", message: expect.stringContaining(family) });
    }
    const full = openTrainer(sourceOf(randomModel("gemma3")), { device, method: { kind: "full" } });
    await expect(full).rejects.toMatchObject({ code: "unsupported" });
  });
});

describe("gradients by finite differences", () => {
  it.each([
    ["llama", "q8_0"],
    ["llama", "q4_0"],
    ["gemma3", "f32"],
    ["mistral", "f16"],
  ] as const)("adapters of %s over frozen %s", async (family, type) => {
    const files = type === "f32" ? randomModel(family) : await ggufOf(await randomGguf(family, { type }), family);
    const method = parseMethod({ kind: "lora", rank: 4 });
    const learner = await Learner.open(device, files, { method, maxRows: 64, contextLength: 64 });
    try {
      const texts = [someTokens(25, 300, 5), someTokens(12, 300, 6)].map((tokens) => ({ tokens }));
      const { list } = learner.model.parameters;
      // B starts at zero, where A has no gradient.
      for (const [i, { value, count }] of list.entries()) {
        const tokens = someTokens(count, 1000, i);
        device.write(
          value,
          0,
          Float32Array.from(tokens, (token) => (token / 1000 - 0.5) * 0.1),
        );
      }
      await learner.accumulate({ kind: "supervised", texts });
      // Along a direction made of each parameter's gradient, so that the slope is large against f32's noise.
      for (const part of ["lora_a", "lora_b"]) {
        const chosen = list.filter(({ name }) => name.endsWith(part));
        const read = async (buffer: (typeof list)[number]["value"]) => new Float32Array(await device.read(buffer));
        const values = await Promise.all(chosen.map(({ value }) => read(value)));
        const gradients = await Promise.all(chosen.map(({ gradient }) => read(gradient)));
        const square = gradients.reduce((sum, list) => sum + list.reduce((s, g) => s + g * g, 0), 0);
        const step = 0.02 / Math.sqrt(square);
        const lossAt = async (shift: number) => {
          chosen.forEach(({ value }, i) => {
            device.write(
              value,
              0,
              values[i]!.map((one, j) => one + shift * gradients[i]![j]!),
            );
          });
          return (await learner.evaluate(texts, false)).loss;
        };
        const slope = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
        await lossAt(0);
        expect(slope / square, part).toBeCloseTo(1, 2);
      }
    } finally {
      learner.destroy();
    }
  });
});
