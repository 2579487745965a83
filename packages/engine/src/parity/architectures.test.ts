import type { Device } from "@tugboat/kernels";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RandomFamily } from "../formats/testing/random-configs.ts";
import { randomGguf, randomModel } from "../formats/testing/random-model.ts";
import type { ModelFiles } from "../formats/types.ts";
import { referenceLogits } from "../reference/forward.ts";
import {
  ggufOf,
  openTestDevice,
  openTestEngine,
  referenceOf,
  relativeError,
  someTokens,
  withFile,
} from "../testing/engines.ts";
import { openLlamaCpp } from "../testing/llama-cpp.ts";

const families: RandomFamily[] = [
  "llama",
  "llama3",
  "llamaLinear",
  "qwen2",
  "qwen2Yarn",
  "qwen3",
  "mistral",
  "gemma2",
  "gemma3",
  "phi3",
  "smollm3",
];

/** Longer than the sliding windows of the random models, which see 16 tokens. */
const tokens = someTokens(40, 512);

let device: Device;
beforeAll(async () => {
  device = await openTestDevice();
});
afterAll(() => device.destroy());

async function engineLogits(files: ModelFiles): Promise<Float32Array> {
  const engine = await openTestEngine(files, device);
  try {
    return await engine.logits(tokens);
  } finally {
    await engine.close();
  }
}

async function llamaCppLogits(gguf: Uint8Array): Promise<Float64Array> {
  return withFile(gguf, async (path) => {
    const oracle = await openLlamaCpp(path, 256);
    try {
      const rows = await oracle.logits(tokens);
      return Float64Array.from(rows.flatMap((row) => [...row]));
    } finally {
      await oracle.close();
    }
  });
}

describe.each(families)("%s", (family) => {
  it("computes llama.cpp's logits from a GGUF file in f32", async () => {
    const gguf = await randomGguf(family, { type: "f32" });
    const ours = await engineLogits(await ggufOf(gguf, family));
    // llama.cpp knows no window in the llama architecture, which Mistral is filed under.
    if (family === "mistral") {
      const reference = await referenceOf(await ggufOf(gguf, family));
      expect(relativeError(ours, referenceLogits(reference, tokens))).toBeLessThan(1e-5);
      return;
    }
    // llama.cpp takes GELU, which Gemma uses, from a table of halves.
    const tolerance = family.startsWith("gemma") ? 1e-3 : 1e-4;
    expect(relativeError(ours, await llamaCppLogits(gguf))).toBeLessThan(tolerance);
  });

  it.each(["f16", "q8_0", "q4_0"] as const)("stays within what rounding explains in %s", async (type) => {
    const files = await ggufOf(await randomGguf(family, { type }), family);
    const error = relativeError(await engineLogits(files), referenceLogits(await referenceOf(files), tokens));
    // Integer weights multiply activations rounded to 8 bits, which costs about half a percent in each product.
    expect(error).toBeLessThan(type === "f16" ? 1e-5 : 0.04);
  });

  it("computes the float64 reference's logits from a Hugging Face folder", async () => {
    const files = randomModel(family);
    const reference = await referenceOf(files);
    expect(relativeError(await engineLogits(files), referenceLogits(reference, tokens))).toBeLessThan(1e-5);
  });
});
