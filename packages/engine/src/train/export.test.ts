import type { Device } from "@tugboat/kernels";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadEngine } from "../engine.ts";
import { convertModel } from "../formats/convert/convert.ts";
import { MemorySink, memorySource } from "../formats/memory.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { randomGguf, randomModel } from "../formats/testing/random-model.ts";
import type { ModelFiles } from "../formats/types.ts";
import { ggufOf, openTestDevice, relativeError, someTokens, sourceOf, withFile } from "../testing/engines.ts";
import { openLlamaCpp } from "../testing/llama-cpp.ts";
import type { TrainingMethod } from "./method.ts";
import { openTrainer } from "./trainer.ts";
import type { Trainer } from "./types.ts";

const texts = [someTokens(20, 300, 2), someTokens(13, 300, 3)].map((tokens) => ({ tokens }));
const lora = { kind: "lora", rank: 3, alpha: 12 } as const;

let device: Device;
beforeAll(async () => {
  device = await openTestDevice();
});
afterAll(() => device.destroy());

async function withTrained<T>(
  files: ModelFiles,
  method: TrainingMethod,
  use: (trainer: Trainer) => Promise<T>,
  steps = 4,
): Promise<T> {
  const optimizer = { learningRate: 5e-3 };
  const trainer = await openTrainer(sourceOf(files), { device, method, optimizer, maxRows: 64, contextLength: 64 });
  try {
    for (let i = 0; i < steps; i++) await trainer.train({ kind: "supervised", texts });
    return await use(trainer);
  } finally {
    await trainer.close();
  }
}

function logprob(logits: ArrayLike<number>, token: number): number {
  const values = Array.from(logits);
  const peak = Math.max(...values);
  return values[token]! - peak - Math.log(values.reduce((sum, value) => sum + Math.exp(value - peak), 0));
}

describe("an adapter in peft's form", () => {
  it("has peft's names, shapes and config", async () => {
    const targets = ["down_proj", "q_proj"] as const;
    await withTrained(randomModel("llama"), { ...lora, targets }, async (trainer) => {
      const { config, weights } = await trainer.exportAdapter();
      expect(config).toMatchObject({
        peft_type: "LORA",
        task_type: "CAUSAL_LM",
        r: 3,
        lora_alpha: 12,
        lora_dropout: 0,
        bias: "none",
        target_modules: ["q_proj", "down_proj"],
      });
      const { tensors } = await readSafetensors(memorySource(weights, "adapter"));
      expect(tensors).toHaveLength(12);
      const shapes = Object.fromEntries(tensors.map(({ name, shape, type }) => [name, [type, ...shape]]));
      const layer = "base_model.model.model.layers.2";
      expect(shapes[`${layer}.self_attn.q_proj.lora_A.weight`]).toEqual(["f32", 3, 128]);
      expect(shapes[`${layer}.self_attn.q_proj.lora_B.weight`]).toEqual(["f32", 128, 3]);
      expect(shapes[`${layer}.mlp.down_proj.lora_A.weight`]).toEqual(["f32", 3, 256]);
      expect(shapes[`${layer}.mlp.down_proj.lora_B.weight`]).toEqual(["f32", 128, 3]);
    });
  });

  it("means the same over a GGUF file, whose heads' rows are in another order, and over a Hugging Face folder", async () => {
    const gguf = await ggufOf(await randomGguf("llama", { type: "f32" }), "llama");
    const { peft, scores } = await withTrained(gguf, lora, async (trainer) => ({
      peft: await trainer.exportAdapter(),
      scores: await trainer.evaluate(texts),
    }));
    const load = async (trainer: Trainer) => {
      const before = await trainer.evaluate(texts);
      await trainer.importAdapter(peft);
      const after = await trainer.evaluate(texts);
      expect(before.loss - after.loss).toBeGreaterThan(0.1);
      after.texts.forEach(({ logprobs }, i) => {
        expect(relativeError(logprobs, scores.texts[i]!.logprobs)).toBeLessThan(1e-5);
      });
      const again = await trainer.exportAdapter();
      expect(again.weights).toEqual(peft.weights);
    };
    await withTrained(randomModel("llama"), lora, load, 0);
    await withTrained(gguf, lora, load, 0);
  });

  it("is refused when it is another's", async () => {
    const peft = await withTrained(randomModel("llama"), lora, (trainer) => trainer.exportAdapter(), 0);
    const refused = async (files: ModelFiles, method: TrainingMethod, change: Record<string, unknown> = {}) =>
      withTrained(
        files,
        method,
        (trainer) =>
          expect(trainer.importAdapter({ ...peft, config: { ...peft.config, ...change } })).rejects.toMatchObject({
            code: "bad-request",
          }),
        0,
      );
    await refused(randomModel("llama3"), lora);
    await refused(randomModel("llama"), { ...lora, rank: 4 });
    await refused(randomModel("llama"), { ...lora, targets: ["q_proj"] });
    await refused(randomModel("llama"), lora, { peft_type: "IA3" });
    await refused(randomModel("llama"), lora, { use_dora: true });
    await refused(randomModel("llama"), { kind: "full" });
  });
});

describe("the merged model", () => {
  it.each([
    ["a folder, adapters", () => Promise.resolve(randomModel("llama")), lora, 1e-4],
    ["a folder, all of it", () => Promise.resolve(randomModel("qwen2")), { kind: "full" }, 1e-4],
    ["q8_0, adapters", async () => ggufOf(await randomGguf("llama", { type: "q8_0" }), "llama"), lora, 2e-2],
  ] as const)("%s: served by the engine and by llama.cpp", async (_, open, method, tolerance) => {
    await withTrained(await open(), method, async (trainer) => {
      const merged = await trainer.merged();
      const scores = await trainer.evaluate(texts);
      // Training on does not change what was taken.
      await trainer.train({ kind: "supervised", texts });
      const engine = await loadEngine(merged, { device, kvType: "f32", maxSequences: 2, contextLength: 64 });
      const { vocabulary } = { vocabulary: 512 };
      for (const [i, { tokens }] of texts.entries()) {
        const logits = await engine.logits(tokens);
        const found = tokens.slice(1).map((token, row) => {
          return logprob(logits.subarray(row * vocabulary, (row + 1) * vocabulary), token);
        });
        expect(relativeError(found, scores.texts[i]!.logprobs)).toBeLessThan(tolerance);
      }
      await engine.close();
      const sink = new MemorySink();
      await convertModel(merged.files, sink, { type: "f32" });
      await withFile(sink.bytes(), async (path) => {
        const oracle = await openLlamaCpp(path);
        for (const [i, { tokens }] of texts.entries()) {
          const rows = await oracle.logits(tokens);
          const found = tokens.slice(1).map((token, row) => logprob(rows[row]!, token));
          expect(relativeError(found, scores.texts[i]!.logprobs)).toBeLessThan(1e-3);
        }
        await oracle.close();
      });
    });
  });
});
