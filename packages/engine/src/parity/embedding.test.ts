import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { getLlama, type Token } from "node-llama-cpp";
import { expect, it } from "vitest";
import { ggufOf, openTestDevice, openTestEngine, relativeError } from "../testing/engines.ts";

const path = fileURLToPath(new URL("../../../../models/stories260K/stories260K.gguf", import.meta.url));
const texts = [
  "Once upon a time there was a cat",
  "The dog ran.",
  "She said: I like red balls and blue ones, and ".repeat(9),
];

it("embeds texts as llama.cpp does, by their last token", async () => {
  const device = await openTestDevice();
  const engine = await openTestEngine(await ggufOf(await readFile(path), "stories260K.gguf"), device);
  const llama = await getLlama({ gpu: false, build: "never" });
  const model = await llama.loadModel({ modelPath: path });
  const context = await model.createEmbeddingContext({ contextSize: 512 });
  try {
    for (const text of texts) {
      const tokens = engine.tokenize(text, { bos: true });
      const ours = await engine.embed(tokens, { pooling: "last" });
      const { vector } = await context.getEmbeddingFor(tokens.map((token) => token as Token));
      const length = Math.hypot(...vector);
      // Its cache is f16, ours here f32.
      expect(
        relativeError(
          ours,
          vector.map((value) => value / length),
        ),
      ).toBeLessThan(3e-3);

      const first = await engine.embed(tokens.slice(0, 1));
      expect(relativeError(first, await engine.embed(tokens.slice(0, 1), { pooling: "last" }))).toBeLessThan(1e-6);
      const short = await engine.embed(tokens, { dimensions: 16 });
      const whole = await engine.embed(tokens);
      const size = Math.hypot(...whole.subarray(0, 16));
      expect(
        relativeError(
          short,
          whole.subarray(0, 16).map((value) => value / size),
        ),
      ).toBeLessThan(1e-5);
    }
    await expect(engine.embed([1], { dimensions: 65 })).rejects.toThrow("dimensions");
    await expect(engine.embed([])).rejects.toThrow("prompt");
  } finally {
    await context.dispose();
    await llama.dispose();
    await engine.close();
    device.destroy();
  }
});
