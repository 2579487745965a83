/**
 * Tunes a starter model on real tasks with few examples and measures it on others: npm run docs:tuning -- --mails FOLDER
 *
 * Each task's figures are kept in `--folder` as they come; the tables of docs/tuning.md are made of all that are there.
 * `--rounds 0` leaves the comparison with PyTorch out.
 */

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadEngine, openTrainer } from "@tugboat/engine";
import { loadAdapter, openModel } from "@tugboat/engine/node";
import { mcnemar, wilson } from "@tugboat/statistics";
import type { Example } from "@tugboat/tuning";
import { chooseShots, defaultConfig, fitLogistic, nearest, promptOf } from "@tugboat/tuning";
import { labelChances, likeliest, runTuning, Texts } from "@tugboat/tuning/run";
import { z } from "zod";
import { repositoryRoot } from "../src/env.ts";
import { folderPlace } from "../src/tuning/place.ts";
import type { ServiceRunSpec } from "../src/tuning/protocol.ts";
import { type BenchTask, benchTasks, draw } from "./tuning-tasks.ts";
import { measureThroughput, throughput, throughputText } from "./tuning-throughput.ts";

const { values: options } = parseArgs({
  options: {
    tasks: { type: "string", default: "section,role,mail" },
    mails: { type: "string" },
    model: { type: "string", default: join(repositoryRoot, "models/tug-small/tug-small-q8_0.gguf") },
    minutes: { type: "string", default: "10" },
    examples: { type: "string", default: "60" },
    test: { type: "string", default: "500" },
    folder: { type: "string", default: join(repositoryRoot, ".tugboat/tuning-table") },
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "7" },
  },
});
const page = join(repositoryRoot, "docs/tuning.md");
const kernelCache = join(options.folder, "kernels");
const threads = Number(options.threads);

const figures = z.object({
  task: z.string(),
  what: z.string(),
  source: z.string(),
  test: z.number(),
  labels: z.number(),
  /** Of the five examples, how many fit beside a text on average. */
  shots: z.number().default(5),
  scores: z.array(z.object({ name: z.string(), score: z.number(), low: z.number(), high: z.number(), p: z.number() })),
  verdict: z.string(),
  sentence: z.string(),
  retention: z.number(),
  gate: z.boolean(),
  seconds: z.number(),
  minutes: z.number(),
  peakMemory: z.number(),
  best: z.string(),
  machine: z.string(),
  date: z.string().default(""),
  /** Programs that wanted to compute while it ran, ours included. */
  load: z.number().optional(),
});
type Figures = z.output<typeof figures>;

async function measure(task: BenchTask): Promise<Figures> {
  const { test, train } = draw(task.read(options.mails), Number(options.examples), Number(options.test));
  const folder = join(options.folder, task.name);
  await rm(folder, { recursive: true, force: true });
  let stage = "";
  const loads: number[] = [];
  const spec: ServiceRunSpec = {
    folder,
    modelPath: options.model,
    modelName: "tug-small",
    name: task.name,
    examples: train,
    config: defaultConfig,
    budgetMs: Number(options.minutes) * 60_000,
    device: "cpu",
    threads,
    kernelCache,
  };
  const { report } = await runTuning(spec, await folderPlace(spec), {
    stop: new AbortController().signal,
    report: (told) => {
      const next = told.stage.replace(/:.*/, "");
      if (next !== stage) console.error(`${task.name} ${Math.round(told.progress.spentMs / 1000)} s: ${next}`);
      stage = next;
      loads.push(loadavg()[0] ?? 0);
    },
  });
  console.error(report.sentence);
  const { answers, shots } = await askAll(report, train, test);
  const right = (said: readonly string[]) => said.map((text, i) => text === test[i]!.output);
  const tuned = right(answers.get("tuned") ?? []);
  const scores = [...answers].map(([name, said]) => {
    const hits = right(said);
    const p = mcnemar(
      hits.filter((hit, i) => !hit && tuned[i]).length,
      hits.filter((hit, i) => hit && !tuned[i]).length,
    );
    return { name, ...wilson(hits.filter(Boolean).length, hits.length), p };
  });
  const { learningRate, rank, steps } = report.best;
  return {
    task: task.name,
    what: task.what,
    source: task.source,
    test: test.length,
    labels: report.labels.length,
    shots,
    scores,
    verdict: report.verdict,
    sentence: report.sentence,
    retention: report.retention.after / report.retention.before - 1,
    gate: report.gate.passed,
    seconds: report.seconds,
    minutes: Number(options.minutes),
    peakMemory: process.resourceUsage().maxRSS * 1024,
    best: `rank ${rank}, learning rate ${learningRate}, ${steps} steps`,
    date: new Date().toISOString().slice(0, 10),
    load: loads.reduce((sum, one) => sum + one, 0) / Math.max(1, loads.length),
    machine: `${cpus()[0]?.model ?? "CPU"}, ${threads} threads`,
  };
}

type Report = Awaited<ReturnType<typeof runTuning>>["report"];

/** What each way answers to the test's texts. */
async function askAll(report: Report, train: readonly Example[], test: readonly Example[]) {
  const { labels } = report;
  const instruction = report.prompt.split("\nText: ")[0]!;
  const out = new Map<string, string[]>();
  let shown = 0;
  const source = await openModel(options.model, { kernelCache });
  const method = { kind: "lora" as const, rank: report.best.rank, alpha: 2 * report.best.rank };
  const trainer = await openTrainer(source, { device: "cpu", threads, method, maxRows: 1024 });
  try {
    const texts = new Texts(source.files, trainer.info.contextLength);
    const room = Math.max(...labels.map((label) => texts.answer(label).length));
    const ask = async (shots: (at: number) => readonly Example[], frozen: boolean) => {
      const prompts = test.map(({ input }, at) =>
        texts.prompt((shown) => promptOf(instruction, shown, shots(at)), input, room),
      );
      const all = await labelChances(trainer, texts, prompts, labels, { frozen });
      return all.map((chances) => labels[likeliest(chances)]!);
    };
    out.set("zero-shot", await ask(() => [], true));
    // Beside each text as many as fit.
    const shots = chooseShots(train, labels, 5);
    const beside = test.map(({ input }) => {
      const few = [...shots];
      while (few.length > 0 && !texts.fits(promptOf(instruction, input, few), room)) few.pop();
      shown += few.length / test.length;
      return few;
    });
    out.set("5-shot", await ask((at) => beside[at]!, true));
    await trainer.importAdapter(await loadAdapter(report.adapter));
    out.set("tuned", await ask(() => [], false));
  } finally {
    await trainer.close();
  }
  const engine = await loadEngine(source, { device: "cpu", threads });
  try {
    const embed = (of: readonly Example[]) =>
      Promise.all(
        of.map(({ input }) => engine.embed(engine.tokenize(input, { bos: true }).slice(0, engine.info.contextLength))),
      );
    const [known, asked] = [await embed(train), await embed(test)];
    const classify = fitLogistic(
      known,
      train.map(({ output }) => labels.indexOf(output)),
      labels.length,
    );
    out.set(
      "nearest neighbour",
      asked.map((vector) => train[nearest(known, vector)]!.output),
    );
    out.set(
      "linear classifier",
      asked.map((vector) => labels[classify(vector)]!),
    );
  } finally {
    await engine.close();
  }
  return { answers: out, shots: shown };
}

function tableOf(all: readonly Figures[]): string {
  const names = ["zero-shot", "5-shot", "nearest neighbour", "linear classifier", "tuned"];
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const odds = (p: number) => (p < 0.0001 ? "< 0.0001" : p.toFixed(4));
  const cell = ({ scores }: Figures, name: string) => {
    const found = scores.find((one) => one.name === name);
    return found ? `${percent(found.score)} (${percent(found.low)} – ${percent(found.high)})` : "–";
  };
  const p = ({ scores }: Figures, name: string) => odds(scores.find((one) => one.name === name)?.p ?? 1);
  const rows = [
    ...names.map((name) => `| ${name} | ${all.map((one) => cell(one, name)).join(" | ")} |`),
    `| of the 5 examples fit beside a text | ${all.map(({ shots }) => shots.toFixed(1)).join(" | ")} |`,
    `| p, tuned against zero-shot | ${all.map((one) => p(one, "zero-shot")).join(" | ")} |`,
    `| p, tuned against 5-shot | ${all.map((one) => p(one, "5-shot")).join(" | ")} |`,
    `| p, tuned against the linear classifier | ${all.map((one) => p(one, "linear classifier")).join(" | ")} |`,
    `| general text, bits per byte | ${all.map(({ retention }) => `${retention <= 0 ? "−" : "+"}${percent(Math.abs(retention))}`).join(" | ")} |`,
    `| the run's own gate | ${all.map(({ gate }) => (gate ? "passed" : "refused")).join(" | ")} |`,
    `| time, of minutes allowed | ${all.map((one) => `${Math.round(one.seconds)} s of ${one.minutes} min`).join(" | ")} |`,
    `| programs that wanted to compute meanwhile | ${all.map(({ load }) => (load === undefined ? "many" : load.toFixed(1))).join(" | ")} |`,
    `| chosen | ${all.map(({ best }) => best).join(" | ")} |`,
    `| peak memory of the process | ${all.map(({ peakMemory }) => `${Math.round(peakMemory / 2 ** 20)} MiB`).join(" | ")} |`,
  ];
  const tasks = all.map(
    (one) =>
      `- **${one.task}**: ${one.what}; ${one.labels} labels, ${one.test} tested. From ${one.source}. The run itself said: “${one.sentence}”`,
  );
  const dates = [...new Set(all.map(({ date }) => date).filter(Boolean))].sort();
  const when = dates.length > 0 ? ` (${dates.join(", ")})` : "";
  const head = `| right answers | ${all.map(({ task }) => task).join(" | ")} |\n|---|${all.map(() => "---|").join("")}`;
  return `${tasks.join("\n")}\n\n${head}\n${rows.join("\n")}\n\nMeasured on ${all[0]?.machine ?? "no machine"}${when}; 95 % intervals by Wilson, p by McNemar's exact test.`;
}

await mkdir(options.folder, { recursive: true });
for (const name of options.tasks.split(",").filter(Boolean)) {
  const task = benchTasks.find((one) => one.name === name);
  if (task === undefined) throw new Error(`There is no task ${name}: ${benchTasks.map((one) => one.name).join(", ")}.`);
  const found = await measure(task);
  await writeFile(join(options.folder, `${name}.json`), `${JSON.stringify(found, null, 2)}\n`);
}
const all: Figures[] = [];
for (const { name } of benchTasks) {
  const text = await readFile(join(options.folder, `${name}.json`), "utf8").catch(() => undefined);
  if (text !== undefined) all.push(figures.parse(JSON.parse(text)));
}
const results = all.flatMap(({ scores, task }) => {
  const peer = scores.find(({ name }) => name === "linear classifier")?.score ?? 0;
  const ours = scores.find(({ name }) => name === "tuned")?.score ?? 0;
  return [{ name: `${task}: tuned beside a linear classifier`, unit: "share right", ours, peer, ratio: ours / peer }];
});
console.log(JSON.stringify({ machine: all[0]?.machine ?? "", results }, null, 2));
const kept = join(options.folder, "throughput.json");
if (Number(options.rounds) > 0) {
  await writeFile(kept, `${JSON.stringify(await measureThroughput(options.model, Number(options.rounds)), null, 2)}\n`);
}
const speed = await readFile(kept, "utf8").catch(() => undefined);

/** The page with what stands between two marks put in its place. */
function filled(document: string, mark: string, text: string): string {
  const [begin, end] = [`<!-- ${mark} -->`, `<!-- end of ${mark} -->`];
  const [before, rest] = document.split(begin);
  if (rest === undefined) throw new Error(`docs/tuning.md has no ${begin}`);
  return `${before}${begin}\n${text}\n${end}${rest.split(end)[1] ?? ""}`;
}
let document = await readFile(page, "utf8");
if (all.length > 0) document = filled(document, "table", tableOf(all));
if (speed !== undefined) document = filled(document, "speed", throughputText(throughput.parse(JSON.parse(speed))));
await writeFile(page, document);
