import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openTrainer } from "@tugboat/engine";
import { openModel, openModelFiles } from "@tugboat/engine/node";
import { correctedPairs, defaultConfig, runReport } from "@tugboat/tuning";
import { freshState, type RunState } from "@tugboat/tuning/run";
import { afterAll, beforeAll, expect, it } from "vitest";
import { repositoryRoot } from "../env.ts";
import type { FromRun, ServiceRunSpec } from "./protocol.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tug-tuning-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const objects = ["cat", "dog", "bird", "tree", "ball", "house", "boat", "hat", "cake", "star"];

function spec(name: string): ServiceRunSpec {
  return {
    folder: join(folder, name),
    modelPath: join(repositoryRoot, "models/stories260K/stories260K.gguf"),
    modelName: "stories260K",
    name: "stories-tuned",
    examples: objects.flatMap((object) => [
      { input: `The big ${object} was red`, output: "red" },
      { input: `She saw a blue ${object} today`, output: "blue" },
    ]),
    config: defaultConfig,
    // Far more than it takes: the clock must not decide.
    budgetMs: 3_600_000,
    device: "cpu",
    threads: 1,
    kernelCache: join(folder, "kernels"),
  };
}

type Progress = Extract<FromRun, { type: "progress" }>;

/** Runs the worker as the service does; `onProgress` may kill it. */
async function run(given: ServiceRunSpec, onProgress: (progress: Progress, child: ChildProcess) => void) {
  const worker = fileURLToPath(new URL("./worker.ts", import.meta.url));
  const child = fork(worker, [], {
    execArgv: ["--conditions=@tugboat/source", "--import", "tsx"],
    serialization: "advanced",
  });
  let last: Exclude<FromRun, Progress> | undefined;
  child.on("message", (message) => {
    const said = message as FromRun;
    if (said.type === "progress") onProgress(said, child);
    else last = said;
  });
  const exit = once(child, "exit");
  child.send({ type: "start", spec: given });
  const [, signal] = await exit;
  return { last, signal };
}

/** A small plan, made beforehand: how fast this machine is must not decide. */
const planned: RunState = {
  ...freshState,
  plan: {
    settings: [
      { id: "a", rank: 4, learningRate: 3e-3 },
      { id: "b", rank: 8, learningRate: 1e-3 },
      // Begins with what makes its loss no number: it alone ends.
      { id: "c", rank: 4, learningRate: 1e-3 },
    ],
    rungs: [4, 8],
    batchSize: 4,
    stepMs: 1,
    reserveMs: 1,
  },
};

/** A checkpoint at the very beginning whose adapter is made of what is no number. */
async function brokenCheckpoint({ modelPath }: ServiceRunSpec): Promise<Uint8Array> {
  const source = await openModel(modelPath);
  const trainer = await openTrainer(source, {
    device: "cpu",
    threads: 1,
    method: { kind: "lora", rank: 4, alpha: 8 },
    optimizer: { moments: planned.moments },
  });
  try {
    const { config, weights } = await trainer.exportAdapter();
    const broken = Uint8Array.from(weights);
    // Safetensors: the length of its description, the description, the values.
    const values = new DataView(broken.buffer, 8 + Number(new DataView(broken.buffer).getBigUint64(0, true)));
    for (let at = 0; at + 4 <= values.byteLength; at += 4) values.setFloat32(at, Number.NaN, true);
    await trainer.importAdapter({ config, weights: broken });
    return await trainer.checkpoint();
  } finally {
    await trainer.close();
    await source.files.close();
  }
}

it("a run that is killed three times goes on and ends with the same adapter", async () => {
  const killed = spec("killed");
  const whole = spec("whole");
  const broken = await brokenCheckpoint(whole);
  for (const { folder } of [killed, whole]) {
    await mkdir(folder);
    await writeFile(join(folder, "state.json"), JSON.stringify(planned));
    await writeFile(join(folder, "trial-c.safetensors"), broken);
  }
  // In the second way, in the third part after the trials, and while everything is learnt: each goes on by itself.
  const moments = [
    ({ progress }: Progress) => progress.trials.reduce((sum, trial) => sum + trial.steps, 0) >= 6,
    ({ stage }: Progress) => stage.startsWith("learning without part 3"),
    ({ done = 0, stage }: Progress) => stage.startsWith("learning from all examples") && done >= 2,
  ];
  for (const isReached of moments) {
    const { signal } = await run(killed, (progress, child) => {
      if (isReached(progress)) child.kill("SIGKILL");
    });
    expect(signal).toBe("SIGKILL");
  }
  const second = await run(killed, () => {});
  const control = await run(whole, () => {});
  if (second.last?.type !== "done" || control.last?.type !== "done") throw new Error(JSON.stringify([second, control]));

  const adapter = (of: ServiceRunSpec) => readFile(join(of.folder, "adapter/adapter_model.safetensors"));
  expect((await adapter(killed)).equals(await adapter(whole))).toBe(true);
  const report = runReport.parse(second.last.report);
  expect(report.tuned).toEqual(control.last.report.tuned);
  await writeFile(join(folder, "whole-report.json"), JSON.stringify(control.last.report));
  expect(report.baselines.map(({ name }) => name).sort()).toEqual([
    "5-shot",
    "linear classifier",
    "majority class",
    "nearest neighbour",
    "zero-shot",
  ]);
  expect(report.trials.map(({ id, state }) => `${id} ${state}`)).toContain("c diverged");
  expect(report.retention.kinds.map(({ name }) => name)).toEqual(["stories", "software", "how-to", "news", "nature"]);
  expect(report.counts).toEqual({ train: 20, validation: 4, heldOut: 16 });
  expect(report.folds).toBe(4);
  expect(report.divisions).toHaveLength(3);
  expect(report.tuned.score).toBeCloseTo(report.divisions.reduce((sum, one) => sum + one, 0) / 3, 10);
  expect(report.confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(16);
  expect(report.curve?.points.map(({ size }) => size)).toEqual([8, 16]);
  expect(report.clusters.flatMap(({ members }) => members)).toHaveLength(report.wrong.length);
  expect(report.retention.after / report.retention.before - 1).toBeLessThan(0.05);
  const merged = await openModelFiles(second.last.modelFile);
  expect(merged.tensors.size).toBeGreaterThan(10);
  await merged.close();
}, 300_000);

it("a second run goes on from the first, part by part, and learns what is preferred", async () => {
  const first = spec("whole");
  const report = runReport.parse(JSON.parse(await readFile(join(folder, "whole-report.json"), "utf8")));
  const given = spec("again");
  const examples = correctedPairs(first.examples, report, [{ input: first.examples[0]!.input, right: "blue" }]);
  await mkdir(given.folder);
  const startFrom = { folder: first.folder, rank: report.best.rank, examples: first.examples };
  // The planned ways have other ranks: those of the first run's adapters hold.
  const settings = planned.plan!.settings.slice(0, 2).map((one) => ({ ...one, rank: report.best.rank }));
  await writeFile(
    join(given.folder, "state.json"),
    JSON.stringify({ ...planned, plan: { ...planned.plan, settings } }),
  );
  const { last } = await run({ ...given, examples, startFrom }, () => {});
  if (last?.type !== "done") throw new Error(JSON.stringify(last));
  const again = runReport.parse(last.report);
  const before = again.baselines.find(({ name }) => name === "before");
  // One label was corrected: the first run's models answer as they did.
  expect(Math.abs((before?.score ?? 0) - (report.divisions[0] ?? 1))).toBeLessThanOrEqual(
    1 / report.counts.heldOut + 1e-9,
  );
  expect(again.counts).toEqual(report.counts);
  expect(again.choices.map(({ what }) => what)).toContain("Preferences");
}, 300_000);

it("says what too few examples lack", async () => {
  const given = spec("few");
  const { last } = await run({ ...given, examples: given.examples.slice(0, 4) }, () => {});
  expect(last).toMatchObject({ type: "failed", final: true, message: "There are 4 examples." });
}, 30_000);
