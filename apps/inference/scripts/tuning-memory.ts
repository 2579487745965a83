/**
 * What a LoRA run keeps in memory, and whether packed moments learn as exact ones do: npm run docs:tuning-memory
 *
 * Trains the sample (40 messages; 20 others are asked) twice with the same seed, once with each kind of moments, and prints
 * the table of docs/tuning.md.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { batchOrder, openTrainer, type TrainingText } from "@tugboat/engine";
import { openModel } from "@tugboat/engine/node";
import { promptOf } from "@tugboat/tuning";
import { Texts } from "@tugboat/tuning/run";
import { openRecords } from "../src/domain/datasets/open-file.ts";
import { repositoryRoot } from "../src/env.ts";

const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: join(repositoryRoot, "models/tug-small/tug-small-q8_0.gguf") },
    seeds: { type: "string", default: "3" },
    steps: { type: "string", default: "56" },
    threads: { type: "string", default: "2" },
  },
});
const steps = Number(options.steps);
const ways = [
  { rank: 8, learningRate: 3e-3 },
  { rank: 16, learningRate: 1e-3 },
] as const;

const { columns, records } = await openRecords(join(repositoryRoot, "recipes/support-queues/support-queues.csv"));
const messages: { text: string; queue: string }[] = [];
for await (const { fields } of records()) {
  const [text = "", queue = ""] = columns.map((name) => String(fields[name] ?? ""));
  messages.push({ text, queue });
}
const instruction = `Choose one: ${[...new Set(messages.map(({ queue }) => queue))].join(", ")}`;

/** Losses of every step, and at the end of what was not learnt. */
async function train(way: (typeof ways)[number], moments: "f32" | "packed", seed: number) {
  const source = await openModel(options.model);
  const schedule = { kind: "cosine" as const, steps, warmup: 5, floor: 0.1 };
  const trainer = await openTrainer(source, {
    device: "cpu",
    threads: Number(options.threads),
    method: { kind: "lora", rank: way.rank },
    optimizer: { learningRate: way.learningRate, schedule, moments },
    maxRows: 1024,
    seed,
  });
  try {
    const texts = new Texts(source.files, trainer.info.contextLength);
    const all = messages.map(({ queue, text }): TrainingText => {
      const answer = texts.answer(queue);
      return texts.text(
        texts.prompt((shown) => promptOf(instruction, shown), text, answer.length),
        answer,
      );
    });
    const learnt = all.filter((_, i) => i % 3 !== seed % 3);
    const others = all.filter((_, i) => i % 3 === seed % 3);
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) {
      const batch = batchOrder(learnt.length, 12, seed, step).map((i) => learnt[i]!);
      losses.push((await trainer.train({ kind: "supervised", texts: batch })).loss);
    }
    const { loss } = await trainer.evaluate(others);
    return { losses, unseen: loss, bytes: trainer.info.bytes };
  } finally {
    await trainer.close();
    await source.files.close();
  }
}

const mean = (list: readonly number[]) => list.reduce((sum, one) => sum + one, 0) / list.length;
const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
/** Of the last pass over the examples. */
const last = 4;

console.log(
  `| rank | moments | trained, gradients, moments | of the base | last ${last} losses | unseen |\n|---|---|---|---|---|---|`,
);
for (const way of ways) {
  const apart: number[] = [];
  const rows = new Map<string, { ends: number[]; unseen: number[]; bytes: { frozen: number; trained: number } }>();
  for (let seed = 0; seed < Number(options.seeds); seed++) {
    const results = [];
    for (const moments of ["f32", "packed"] as const) {
      const { bytes, losses, unseen } = await train(way, moments, seed);
      const row = rows.get(moments) ?? { ends: [], unseen: [], bytes };
      row.ends.push(mean(losses.slice(-last)));
      row.unseen.push(unseen);
      rows.set(moments, row);
      results.push(losses);
    }
    apart.push(...results[0]!.map((loss, i) => Math.abs(results[1]![i]! - loss)));
  }
  for (const [moments, { bytes, ends, unseen }] of rows) {
    const share = `${Math.round((bytes.trained / bytes.frozen) * 1000) / 10} %`;
    const figures = [ends, unseen].map((list) => list.map((one) => one.toFixed(3)).join(" "));
    console.log(`| ${way.rank} | ${moments} | ${mib(bytes.trained)} | ${share} | ${figures.join(" | ")} |`);
  }
  console.error(
    `rank ${way.rank}: losses are ${mean(apart).toFixed(4)} nats apart on average, at most ${Math.max(...apart).toFixed(4)}`,
  );
}
