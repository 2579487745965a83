import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { getLlama, type Token } from "node-llama-cpp";
import { expect, it } from "vitest";
import { ggufOf, openTestDevice, openTestEngine } from "../testing/engines.ts";

const path = fileURLToPath(new URL("../../../../models/stories260K/stories260K.gguf", import.meta.url));

it("scores a text as llama.cpp does, and any end of it alike", async () => {
  const device = await openTestDevice();
  const engine = await openTestEngine(await ggufOf(await readFile(path), "stories260K.gguf"), device);
  const llama = await getLlama({ gpu: false, build: "never" });
  const model = await llama.loadModel({ modelPath: path });
  const context = await model.createContext({ contextSize: 512, batchSize: 512 });
  try {
    const story = "Once upon a time, there was a little girl named Lily. She loved to play outside. ".repeat(7);
    const tokens = engine.tokenize(story, { bos: true });
    // Its probabilities as the model gives them: nothing cut off.
    const options = { temperature: 1, topK: 0, topP: 1, minP: 0 } as const;
    const asked = tokens.map((token): [Token, { generateNext: { probabilities: true; options: typeof options } }] => [
      token as Token,
      { generateNext: { probabilities: true, options } },
    ]);
    const answered = await context.getSequence().controlledEvaluate(asked);
    const scores = await engine.score(tokens);
    expect(scores.length).toBe(tokens.length - 1);
    for (const [i, score] of scores.entries()) {
      const theirs = answered[i]?.next.probabilities?.get(tokens[i + 1] as Token);
      // Its cache is f16, ours here f32.
      expect(Math.abs(Math.exp(score) - (theirs ?? Number.NaN))).toBeLessThan(5e-3);
    }
    // Longer than a chunk, so that its beginning is read without a look at the likelihoods.
    const end = await engine.score(tokens, { from: tokens.length - 5 });
    for (const [i, score] of end.entries()) expect(score).toBeCloseTo(scores[tokens.length - 6 + i]!, 4);

    const start = engine.tokenize("Once upon a", { bos: true });
    const sum = async (word: string) => {
      const more = engine.tokenize(word);
      return (await engine.score([...start, ...more], { from: start.length })).reduce((total, one) => total + one, 0);
    };
    expect(await sum("time")).toBeGreaterThan((await sum("dog")) + 3);

    await expect(engine.score([1, 2], { from: 0 })).rejects.toThrow("from");
    await expect(engine.score([])).rejects.toThrow("prompt");
  } finally {
    await context.dispose();
    await llama.dispose();
    await engine.close();
    device.destroy();
  }
});
