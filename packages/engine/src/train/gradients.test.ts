import { readFileSync } from "node:fs";
import type { Device } from "@tugboat/kernels";
import { createDevice } from "@tugboat/kernels/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDevice, relativeError, sourceOf } from "../testing/engines.ts";
import { exportPeft, importPeft, readAdapter, writeAdapter } from "./adapter.ts";
import { Learner, type LearnerOptions } from "./learner.ts";
import { panelIndex } from "./model.ts";
import type { Parameter } from "./parameters.ts";
import {
  decodeFloats,
  made,
  type OracleVariant,
  oracleModel,
  oracleSchema,
  oracleText,
} from "./testing/oracle-model.ts";
import { openTrainer } from "./trainer.ts";
import type { TrainingBatch } from "./types.ts";

const oracle = oracleSchema.parse(JSON.parse(readFileSync(new URL("./testing/oracle.json", import.meta.url), "utf8")));
const lora = {
  kind: "lora",
  rank: 3,
  alpha: 6,
  targets: ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
} as const;
const texts = [0, 1, 2, 3].map(oracleText);
const pairs = [0, 2, 4].map((i) => ({ chosen: oracleText(i), rejected: oracleText(i + 1) }));

/** Why there is no WebGPU here, if so. */
const webgpu = await createDevice("webgpu").then(
  (found) => found.destroy(),
  (error: unknown) => String(error),
);
if (typeof webgpu === "string") console.warn(`skipped: training on WebGPU: ${webgpu}`);

let device: Device;
beforeAll(async () => {
  device = await openTestDevice();
});
afterAll(() => device.destroy());

async function withLearner<T>(
  variant: OracleVariant,
  options: LearnerOptions,
  use: (learner: Learner) => Promise<T>,
  on: Device = device,
): Promise<T> {
  const learner = await Learner.open(on, oracleModel(variant), options);
  try {
    return await use(learner);
  } finally {
    learner.destroy();
  }
}

/** Gradients by the names of the oracle, row by row. */
async function gradientsOf({ model }: Learner, on: Device): Promise<Map<string, Float32Array>> {
  const out = new Map<string, Float32Array>();
  const read = async ({ gradient }: Parameter) => new Float32Array(await on.read(gradient));
  for (const [name, { shape, hf }] of model.specs) {
    const [n, k] = [shape[0]!, shape[1] ?? 1];
    if (shape.length === 1) {
      const { trained } = model.vector(name);
      if (trained) out.set(hf.name, (await read(trained)).subarray(0, n));
      continue;
    }
    const { trained, lowRank } = model.matrix(name);
    if (trained) {
      const panels = await read(trained);
      out.set(
        hf.name,
        Float32Array.from({ length: n * k }, (_, i) => panels[panelIndex(Math.floor(i / k), i % k, k)]!),
      );
    }
    if (!lowRank) continue;
    const { rank, paddedRank, a, b } = lowRank;
    const [panels, rows] = [await read(a), await read(b)];
    const base = hf.name.replace(/\.weight$/, "");
    out.set(
      `${base}.lora_A`,
      Float32Array.from({ length: rank * k }, (_, i) => panels[panelIndex(Math.floor(i / k), i % k, k)]!),
    );
    out.set(
      `${base}.lora_B`,
      Float32Array.from({ length: n * rank }, (_, i) => rows[Math.floor(i / rank) * paddedRank + (i % rank)]!),
    );
    // What pads the rank must never move.
    const padding = rows.filter((_, i) => i % paddedRank >= rank);
    expect(padding.every((value) => value === 0)).toBe(true);
  }
  return out;
}

async function expectGradients(
  learner: Learner,
  batch: TrainingBatch,
  expected: { readonly loss: number; readonly gradients: Readonly<Record<string, string>> },
  on: Device = device,
) {
  const { loss } = await learner.accumulate(batch);
  expect(Math.abs(loss / expected.loss - 1)).toBeLessThan(1e-5);
  const found = await gradientsOf(learner, on);
  expect([...found.keys()].sort()).toEqual(Object.keys(expected.gradients).sort());
  for (const [name, text] of Object.entries(expected.gradients)) {
    expect(relativeError(found.get(name)!, decodeFloats(text)), name).toBeLessThan(1e-3);
  }
}

/** The adapter of the script, by way of peft's files. */
async function giveAdapter(learner: Learner, on: Device = device): Promise<void> {
  const matrices = new Map(
    [...learner.model.specs.values()].flatMap(({ name, hf, shape }) => {
      if (!hf.name.endsWith("_proj.weight")) return [];
      const base = hf.name.replace(/\.weight$/, "");
      const [a, b] = [made(`${base}.lora_A`, 3 * shape[1]!, 0.4), made(`${base}.lora_B`, shape[0]! * 3, 0.4)];
      return [[name, { a, b }] as const];
    }),
  );
  const peft = await exportPeft(learner.model, { rank: 3, alpha: 6, matrices });
  await writeAdapter(on, learner.model, lora, await importPeft(learner.model, peft));
}

describe("gradients against PyTorch", () => {
  it.each(["tied", "untied", "qwen2", "qwen3"] as const)("every tensor of %s", async (variant) => {
    await withLearner(variant, { method: { kind: "full" } }, async (learner) => {
      await expectGradients(learner, { kind: "supervised", texts }, oracle.full[variant]);
    });
  });

  it("in several micro-batches, with activations computed again", async () => {
    for (const variant of ["untied", "qwen3"] as const) {
      await withLearner(variant, { method: { kind: "full" }, maxRows: 32, checkpointing: true }, async (learner) => {
        await expectGradients(learner, { kind: "supervised", texts }, oracle.full[variant]);
      });
    }
  });

  it.each([
    ["supervised", { kind: "supervised", texts }],
    ["dpo", { kind: "dpo", pairs, beta: 0.5 }],
    ["simpo", { kind: "simpo", pairs, beta: 2, gamma: 1 }],
  ] as const)("adapters: %s", async (name, batch) => {
    await withLearner("tied", { method: lora }, async (learner) => {
      await giveAdapter(learner);
      await expectGradients(learner, batch, oracle.adapter[name]);
    });
  });
});

describe("on WebGPU", () => {
  it.skipIf(typeof webgpu === "string")(
    `adapters: supervised${typeof webgpu === "string" ? ` (skipped: ${webgpu})` : ""}`,
    async () => {
      const on = await createDevice("webgpu");
      try {
        await withLearner(
          "tied",
          { method: lora },
          async (learner) => {
            await giveAdapter(learner, on);
            await expectGradients(learner, { kind: "supervised", texts }, oracle.adapter.supervised, on);
          },
          on,
        );
      } finally {
        on.destroy();
      }
    },
  );
});

describe("twenty steps against PyTorch", () => {
  const optimizer = {
    learningRate: 1e-2,
    beta2: 0.95,
    weightDecay: 0.1,
    clip: 0.5,
    schedule: { kind: "cosine", steps: 20, warmup: 4, floor: 0.1 },
  } as const;
  const batchOf = (step: number): TrainingBatch => ({
    kind: "supervised",
    texts: [2 * step, 2 * step + 1, 2 * step + 3].map((i) => oracleText(i % 6)),
  });

  it.each(["full", "adapter"] as const)("%s: loss and norm of every step", async (kind) => {
    const files = oracleModel(kind === "full" ? "untied" : "tied");
    const method = kind === "full" ? ({ kind: "full" } as const) : lora;
    const trainer = await openTrainer(sourceOf(files), { device, method, optimizer });
    try {
      if (kind === "adapter") await trainer.importAdapter(await oracleAdapter());
      const { losses, norms } = oracle.curve[kind];
      for (let step = 0; step < 20; step++) {
        const { loss, gradientNorm } = await trainer.train(batchOf(step));
        expect(Math.abs(loss / losses[step]! - 1), `loss of step ${step}`).toBeLessThan(1e-3);
        expect(Math.abs(gradientNorm / norms[step]! - 1), `norm of step ${step}`).toBeLessThan(1e-2);
      }
    } finally {
      await trainer.close();
    }
  });

  async function oracleAdapter() {
    return withLearner("tied", { method: lora }, async (learner) => {
      await giveAdapter(learner);
      return exportPeft(learner.model, await readAdapter(device, learner.model, lora));
    });
  }
});
