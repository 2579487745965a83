import type { Device } from "@tugboat/kernels";
import { createDevice } from "@tugboat/kernels/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDevice, sourceOf } from "../testing/engines.ts";
import { answerText, batchOrder } from "./loop.ts";
import { oracleModel, oracleText } from "./testing/oracle-model.ts";
import { openTrainer } from "./trainer.ts";
import type { Trainer, TrainerOptions, TrainingBatch } from "./types.ts";

const lora: TrainerOptions = { method: { kind: "lora", rank: 5 }, optimizer: { learningRate: 1e-2 }, seed: 7 };
const packed: TrainerOptions = { ...lora, optimizer: { learningRate: 1e-2, moments: "packed" } };
const texts = [0, 1, 2, 3, 4, 5, 6].map(oracleText);

let device: Device;
beforeAll(async () => {
  device = await openTestDevice();
});
afterAll(() => device.destroy());

async function withTrainer<T>(options: TrainerOptions, use: (trainer: Trainer) => Promise<T>): Promise<T> {
  const trainer = await openTrainer(sourceOf(oracleModel("untied")), { device, ...options });
  try {
    return await use(trainer);
  } finally {
    await trainer.close();
  }
}

/** The batch that the trainer's next step takes. */
function next(trainer: Trainer): TrainingBatch {
  return { kind: "supervised", texts: batchOrder(texts.length, 3, 5, trainer.step).map((i) => texts[i]!) };
}

async function trainSteps(trainer: Trainer, steps: number): Promise<number[]> {
  const losses = [];
  for (let i = 0; i < steps; i++) losses.push((await trainer.train(next(trainer))).loss);
  return losses;
}

describe("questions", () => {
  it("weigh each answer as if it stood alone, whatever lies beside it", async () => {
    const questions = [
      { prompt: [3, 9, 4, 7], answers: [[5], [6, 2, 8], [6, 2]] },
      { prompt: [11], answers: [[1, 12], [13]] },
      { prompt: [8, 8, 2, 39, 21], answers: [[17, 30, 2]] },
    ];
    await withTrainer({ ...lora, maxRows: 32 }, async (trainer) => {
      await trainSteps(trainer, 2);
      for (const frozen of [false, true]) {
        const weighed = await trainer.weigh(questions, { frozen });
        for (const [i, { answers, prompt }] of questions.entries()) {
          const alone = answers.map((answer) => answerText(prompt, answer));
          const { texts: scores } = await trainer.evaluate(alone, { frozen });
          expect(weighed[i]).toHaveLength(answers.length);
          for (const [j, { logprob }] of scores.entries()) expect(weighed[i]![j]).toBeCloseTo(logprob, 4);
        }
      }
      await expect(trainer.weigh([{ prompt: [], answers: [[1]] }])).rejects.toThrow(/tokens|empty/);
    });
  });
});

it("an adapter that is softened to nothing is the frozen model", async () => {
  await withTrainer(lora, async (trainer) => {
    await trainSteps(trainer, 3);
    const score = async (options = {}) => (await trainer.evaluate(texts, options)).loss;
    const [trained, frozen] = [await score(), await score({ frozen: true })];
    expect(trained).toBeLessThan(frozen);
    await trainer.soften(0.5);
    const half = await score();
    expect(half).toBeGreaterThan(trained);
    expect(half).toBeLessThan(frozen);
    await trainer.soften(0);
    expect(await score()).toBeCloseTo(frozen, 5);
  });
});

describe("a run that was interrupted", () => {
  it.each([lora, { ...lora, method: { kind: "full" } } satisfies TrainerOptions, packed])(
    "goes on from its checkpoint bit for bit: $method.kind, moments $optimizer.moments",
    async (options) => {
      const whole = await withTrainer(options, async (trainer) => {
        const losses = await trainSteps(trainer, 6);
        return { losses, end: await trainer.checkpoint() };
      });
      const saved = await withTrainer(options, async (trainer) => {
        await trainSteps(trainer, 4);
        return trainer.checkpoint();
      });
      await withTrainer({ ...options, seed: 99 }, async (trainer) => {
        await trainSteps(trainer, 1);
        await trainer.restore(saved);
        expect(trainer.step).toBe(4);
        expect(await trainSteps(trainer, 2)).toEqual(whole.losses.slice(4));
        expect(await trainer.checkpoint()).toEqual(whole.end);
      });
    },
  );

  it("refuses checkpoints that are not its own, and stays as it is", async () => {
    const saved = await withTrainer(lora, (trainer) => trainer.checkpoint());
    await withTrainer({ ...lora, method: { kind: "lora", rank: 4 } }, async (trainer) => {
      const before = await trainer.checkpoint();
      await expect(trainer.restore(saved)).rejects.toMatchObject({ code: "bad-request" });
      await expect(trainer.restore(saved.subarray(0, 50))).rejects.toMatchObject({ code: "truncated" });
      await expect(trainer.restore((await trainer.exportAdapter()).weights)).rejects.toMatchObject({
        code: "bad-request",
      });
      expect(await trainer.checkpoint()).toEqual(before);
    });
  });
});

it("packed moments take less memory, and the losses stay near those of exact ones", async () => {
  const run = (options: TrainerOptions) =>
    withTrainer(options, async (trainer) => {
      const losses = await trainSteps(trainer, 20);
      return { losses, bytes: trainer.info.bytes.trained, checkpoint: await trainer.checkpoint() };
    });
  const [exact, small] = [await run(lora), await run(packed)];
  // Even here, where a tensor of 80 values takes a block of 256.
  expect(small.bytes).toBeLessThan(exact.bytes);
  expect(small.losses[0]).toBe(exact.losses[0]);
  for (const [step, loss] of exact.losses.entries()) expect(Math.abs(small.losses[step]! - loss)).toBeLessThan(0.25);
  await withTrainer(lora, (trainer) =>
    expect(trainer.restore(small.checkpoint)).rejects.toMatchObject({ code: "bad-request" }),
  );
});

describe("determinism", () => {
  it("one seed gives one result, whatever the number of threads", async () => {
    const results = [];
    for (const threads of [1, 2]) {
      const own = await createDevice("cpu", { threads });
      results.push(
        await withTrainer({ ...lora, device: own }, async (trainer) => {
          await trainSteps(trainer, 3);
          return trainer.checkpoint();
        }),
      );
      own.destroy();
    }
    expect(results[1]).toEqual(results[0]);
    const other = await withTrainer({ ...lora, seed: 8 }, async (trainer) => {
      await trainSteps(trainer, 3);
      return trainer.checkpoint();
    });
    expect(other).not.toEqual(results[0]);
  });
});

describe("learning", () => {
  it("brings the loss of a few texts down; an untrained adapter changes nothing", async () => {
    await withTrainer(lora, async (trainer) => {
      const frozen = await trainer.evaluate(texts, { frozen: true });
      const before = await trainer.evaluate(texts);
      expect(before.loss).toBeCloseTo(frozen.loss, 6);
      for (let i = 0; i < 30; i++) await trainer.train({ kind: "supervised", texts });
      const after = await trainer.evaluate(texts);
      expect(after.loss).toBeLessThan(before.loss / 2);
      expect((await trainer.evaluate(texts, { frozen: true })).loss).toBe(frozen.loss);
    });
  });

  it.each(["dpo", "simpo"] as const)("%s comes to prefer the chosen answers", async (kind) => {
    const pairs = [0, 2, 4].map((i) => ({ chosen: oracleText(i), rejected: oracleText(i + 1) }));
    await withTrainer(lora, async (trainer) => {
      const first = await trainer.train({ kind, pairs });
      if (kind === "dpo") expect(first.loss).toBeCloseTo(Math.log(2), 5);
      for (let i = 0; i < 15; i++) await trainer.train({ kind, pairs });
      const last = await trainer.train({ kind, pairs });
      expect(last.preferred).toBe(1);
      expect(last.margin).toBeGreaterThan(first.margin!);
      expect(last.loss).toBeLessThan(first.loss);
    });
  });
});

describe("what cannot be", () => {
  const supervised = (tokens: number[], weights?: number[]): TrainingBatch => ({
    kind: "supervised",
    texts: [{ tokens, weights }],
  });

  it("says what is wrong with a batch", async () => {
    await withTrainer({ ...lora, maxRows: 32 }, async (trainer) => {
      const refused = (batch: TrainingBatch) => expect(trainer.train(batch)).rejects;
      await refused({ kind: "supervised", texts: [] }).toMatchObject({ code: "bad-request" });
      await refused({ kind: "dpo", pairs: [] }).toMatchObject({ code: "bad-request" });
      await refused(supervised([1])).toMatchObject({ code: "bad-request" });
      await refused(supervised([1, 40])).toMatchObject({ message: expect.stringContaining("40 is not a token id") });
      await refused(supervised([1, 2], [1])).toMatchObject({ message: expect.stringContaining("1 weights for 2") });
      await refused(supervised([1, 2, 3], [0, 0, 0])).toMatchObject({ message: expect.stringContaining("no token") });
      await refused(supervised(Array.from({ length: 40 }, () => 3))).toMatchObject({ code: "context-overflow" });
      const long = { tokens: Array.from({ length: 30 }, () => 3) };
      await refused({ kind: "simpo", pairs: [{ chosen: long, rejected: long }] }).toMatchObject({
        code: "context-overflow",
        message: expect.stringContaining("a pair of answers has 58 tokens"),
      });
    });
  });

  it("a step whose loss is no number changes nothing", async () => {
    await withTrainer(lora, async (trainer) => {
      await trainSteps(trainer, 1);
      const before = await trainer.checkpoint();
      await expect(trainer.train(supervised([1, 2, 3], [0, 1, Number.NaN]))).rejects.toMatchObject({
        code: "diverged",
      });
      expect(await trainer.checkpoint()).toEqual(before);
      const losses = await trainSteps(trainer, 1);
      await trainer.restore(before);
      expect(await trainSteps(trainer, 1)).toEqual(losses);
    });
  });

  it("says what is wrong with options", async () => {
    const open = (options: TrainerOptions) => expect(withTrainer(options, async () => undefined)).rejects;
    await open({ method: { kind: "lora", rank: 0 } }).toMatchObject({ code: "bad-request" });
    await open({ method: { kind: "lora", rank: 4, targets: [] } }).toMatchObject({ code: "bad-request" });
    await open({ ...lora, optimizer: { learningRate: -1 } }).toMatchObject({
      message: expect.stringContaining("optimizer.learningRate"),
    });
    await open({ ...lora, maxRows: 1e6 }).toMatchObject({ message: expect.stringContaining("maxRows") });
    await withTrainer({ method: { kind: "full" } }, async (trainer) => {
      await expect(trainer.exportAdapter()).rejects.toMatchObject({ code: "bad-request" });
      await expect(trainer.evaluate(texts, { frozen: true })).rejects.toMatchObject({ code: "bad-request" });
    });
    const closed = await openTrainer(sourceOf(oracleModel("tied")), { device, ...lora });
    await closed.close();
    await expect(closed.evaluate(texts)).rejects.toMatchObject({ code: "closed" });
  });
});
