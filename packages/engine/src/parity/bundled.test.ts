import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Device } from "@tugboat/kernels";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../engine.ts";
import { convertModel } from "../formats/convert/convert.ts";
import { MemorySink } from "../formats/memory.ts";
import { ggufOf, openTestDevice, openTestEngine, relativeError, withFile } from "../testing/engines.ts";
import { type LlamaCpp, openLlamaCpp } from "../testing/llama-cpp.ts";

const models = fileURLToPath(new URL("../../../../models/", import.meta.url));

let device: Device;
beforeAll(async () => {
  device = await openTestDevice();
});
afterAll(() => device.destroy());

/** Runs both engines on the same file. */
async function sideBySide(gguf: Uint8Array, run: (engine: Engine, oracle: LlamaCpp) => Promise<void>): Promise<void> {
  const engine = await openTestEngine(await ggufOf(gguf, "model.gguf"), device);
  try {
    await withFile(gguf, async (path) => {
      const oracle = await openLlamaCpp(path);
      try {
        await run(engine, oracle);
      } finally {
        await oracle.close();
      }
    });
  } finally {
    await engine.close();
  }
}

async function greedy(engine: Engine, tokens: readonly number[], maxTokens: number): Promise<number[]> {
  const out: number[] = [];
  for await (const event of engine.generate({ prompt: { tokens }, temperature: 0, maxTokens, ignoreEos: true })) {
    if (event.type === "token") out.push(event.token);
  }
  return out;
}

describe("stories260K", () => {
  it("goes on as llama.cpp does for 200 tokens, with the same logits", async () => {
    await sideBySide(await readFile(`${models}stories260K/stories260K.gguf`), async (engine, oracle) => {
      const prompt = engine.tokenize("Once upon a time", { bos: true });
      expect(prompt).toEqual([1, 403, 407, 261, 378]);
      const ours = await greedy(engine, prompt, 200);
      expect(engine.detokenize(ours)).toMatch(
        /^, there was a little girl named Lily\. She loved to play outside in the park\. One day, she saw a big, red ball/,
      );
      expect(ours).toEqual(await oracle.greedy(prompt, 200));
      const text = [...prompt, ...ours.slice(0, 60)];
      const expected = await oracle.logits(text);
      expect(
        relativeError(
          await engine.logits(text),
          expected.flatMap((row) => [...row]),
        ),
      ).toBeLessThan(1e-5);
    });
  });
});

describe("tug-small", () => {
  it("goes on as llama.cpp does for 200 tokens in f16", async () => {
    const sink = new MemorySink();
    await convertModel(await ggufOf(await readFile(`${models}tug-small/tug-small-q8_0.gguf`), "tug-small"), sink, {
      type: "f16",
    });
    await sideBySide(sink.bytes(), async (engine, oracle) => {
      const prompt = engine.tokenize("The package manager is a tool that", { bos: true });
      const ours = await greedy(engine, prompt, 200);
      expect(ours).toEqual(await oracle.greedy(prompt, 200));
      const text = [...prompt, ...ours.slice(0, 40)];
      const expected = await oracle.logits(text);
      // llama.cpp rounds activations to halves where weights are halves.
      expect(
        relativeError(
          await engine.logits(text),
          expected.flatMap((row) => [...row]),
        ),
      ).toBeLessThan(2e-3);
    });
  });
});
