import { readFileSync } from "node:fs";
import type { Device } from "@tugboat/kernels";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { byteLevelTokenizer } from "../formats/testing/tiny-tokenizers.ts";
import { openTestDevice, sourceOf } from "../testing/engines.ts";
import { freshModel } from "./fresh.ts";
import { streamTexts } from "./loop.ts";
import { oracleConfigs, pretrainModel, pretrainStream } from "./testing/oracle-model.ts";
import { openTrainer } from "./trainer.ts";

const known = z
  .object({ losses: z.array(z.number()).length(50) })
  .parse(JSON.parse(readFileSync(new URL("./testing/pretrain.json", import.meta.url), "utf8")));

let device: Device;
beforeAll(async () => {
  device = await openTestDevice();
});
afterAll(() => device.destroy());

it("tug-nano's shape from scratch: PyTorch's loss for fifty steps", async () => {
  const optimizer = {
    learningRate: 2e-3,
    beta2: 0.95,
    weightDecay: 0.1,
    clip: 1,
    schedule: { kind: "trapezoid", steps: 50, hold: 0.6, warmup: 10, floor: 0.02 },
  } as const;
  const options = { device, method: { kind: "full" }, optimizer, maxRows: 64, contextLength: 32 } as const;
  const trainer = await openTrainer(sourceOf(pretrainModel()), options);
  try {
    const stream = pretrainStream(50 * 64 + 1);
    for (const [step, expected] of known.losses.entries()) {
      const texts = [0, 1].map((i) => ({ tokens: stream.slice(step * 64 + i * 32, step * 64 + i * 32 + 33) }));
      const { loss } = await trainer.train({ kind: "supervised", texts });
      expect(Math.abs(loss / expected - 1), `loss of step ${step}`).toBeLessThan(1e-3);
    }
  } finally {
    await trainer.close();
  }
});

it("a fresh model starts at the loss of guessing and learns a stream", async () => {
  const tokenizer = byteLevelTokenizer(300);
  const make = (seed: number) => freshModel({ name: "fresh", config: oracleConfigs.qwen2, seed, ...tokenizer });
  const first = make(1);
  expect(first.tensors.has("model.layers.1.self_attn.v_proj.bias")).toBe(true);
  const trainer = await openTrainer(sourceOf(first), {
    device,
    method: { kind: "full" },
    optimizer: { learningRate: 1e-2 },
    maxRows: 64,
  });
  try {
    const stream = Array.from({ length: 200 }, (_, i) => (i * i) % 7);
    const losses = [];
    for (let i = 0; i < 30; i++) {
      const texts = streamTexts(stream, { length: 12, batchSize: 4, seed: 1 }, trainer.step);
      losses.push((await trainer.train({ kind: "supervised", texts })).loss);
    }
    expect(losses[0]).toBeCloseTo(Math.log(40), 1);
    expect(losses.at(-1)).toBeLessThan(0.5);
  } finally {
    await trainer.close();
  }
  expect(() => freshModel({ name: "x", config: { model_type: "llama" }, ...tokenizer })).toThrow("config");
  const gemma = { ...oracleConfigs.tied, model_type: "gemma2" };
  expect(() => freshModel({ name: "x", config: gemma, ...tokenizer })).toThrow("gemma2");
});
