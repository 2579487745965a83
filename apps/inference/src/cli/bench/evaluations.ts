import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EvaluationRowInfo, NewExample } from "@tugboat/db";
import { scoreOutput } from "../../domain/evaluations/score.ts";
import { summarise } from "../../domain/evaluations/summary.ts";
import { builtIn } from "../../domain/evaluators/spec.ts";
import { newRequestId } from "../../domain/usage/request-id.ts";
import { type Figure, figure } from "./figures.ts";

const candidates = ["tug-small", "tug-nano", "production"];
const evaluators = ["normalised"];
const queues = ["billing", "bug", "how-to", "other"];
const atOnce = 1000;
const evaluated = 10_000;
const judged = 100_000;

/**
 * What evaluations cost, on a database of its own: deterministic scores, and what an evaluator adds to an answer of a second;
 * a comparison of three candidates on 10,000 examples, summed up, opened and filtered; a dataset browsed.
 * @param rows of the dataset
 */
export async function benchEvaluations(runs: number, rows: number, say: (line: string) => void): Promise<Figure[]> {
  const { openDatabase } = await import("@tugboat/db");
  const home = await mkdtemp(join(tmpdir(), "tug-"));
  const database = await openDatabase({ home });
  const scope = database.organization(database.home.organizationId);
  const createdBy = "system";
  try {
    const out: Figure[] = [];
    for (const name of ["normalised", "rouge-l"] as const) {
      const seconds = await scoring(builtIn[name].spec);
      out.push(figure(`${judged} deterministic scores, ${name}`, "s", "less", [seconds]));
      out.push(figure(`${name}: share of a 400 ms answer`, "%", "less", [(100 * seconds) / judged / 0.4]));
    }
    say("scored");

    const { id: datasetId } = await scope.datasets.create({ name: "bench", createdBy });
    const start = performance.now();
    const { version } = await scope.datasets.append(datasetId, examples(rows), { createdBy });
    out.push(
      figure(`dataset of ${rows} rows, written`, "rows/s", "more", [(rows * 1000) / (performance.now() - start)]),
    );
    say("dataset written");
    const page = (name: string, filter: object) =>
      timed(runs, `dataset of ${rows} rows: ${name}`, () => scope.datasets.page(version.id, { limit: 50, ...filter }));
    out.push(
      await page("first fifty", {}),
      await page("fifty from the middle", { after: Math.floor(rows / 2) }),
      await page("by tag", { tag: "tag-7" }),
      await page("with a rare word", { text: "needle" }),
    );

    const made = Array.from({ length: evaluated }, (_, i) => row(i));
    const summing = await timed(3, "3 × 10,000: summed up", async () =>
      summarise({ candidates, evaluators, rows: made, looked: false }),
    );
    const evaluation = await scope.evaluations.create({
      ...{
        name: "bench",
        datasetId,
        datasetVersionId: version.id,
        datasetName: "bench@1",
        total: evaluated,
        createdBy,
      },
      config: {
        candidates: candidates.map((name) => ({ name, model: name })),
        evaluators: [{ name: "normalised", spec: { kind: "normalised" } }],
      },
    });
    for (let at = 0; at < made.length; at += atOnce)
      await scope.evaluations.addRows(evaluation.id, made.slice(at, at + atOnce), 0n);
    const summary = summarise({ candidates, evaluators, rows: made, looked: false });
    await scope.evaluations.finish(evaluation.id, "done", summary);
    const shown = { order: "disagreement", offset: 0, limit: 10 } as const;
    const outcome = { evaluator: 0, evaluators: 1, candidate: 0, over: 1 };
    const read = (name: string, query: object) =>
      timed(runs, `3 × 10,000: ${name}`, () => scope.evaluations.page(evaluation.id, { ...shown, ...query }));
    out.push(
      summing,
      await timed(runs, "3 × 10,000: opened (figures and the first examples)", () =>
        Promise.all([scope.evaluations.get(evaluation.id), scope.evaluations.page(evaluation.id, shown)]),
      ),
      await read("by part", { slice: "tag: tag-7" }),
      await read("by outcome", { outcome }),
      await read("with a rare word", { text: "needle" }),
      await read("page 900", { offset: 9000 }),
    );
    return out;
  } finally {
    await database.close();
    await rm(home, { recursive: true, force: true });
  }
}

/** In seconds. */
async function scoring(spec: Parameters<typeof scoreOutput>[0]): Promise<number> {
  const ask: Parameters<typeof scoreOutput>[4] = () =>
    Promise.reject(new Error("a deterministic evaluator asks nobody"));
  const start = performance.now();
  for (let i = 0; i < judged; i++) {
    const expected = `The customer number ${i} was charged twice and wants the second payment back, please.`;
    const text = i % 3 === 0 ? expected : `Customer ${i} asks for a refund of the second payment of this month.`;
    const own = { text, calls: [], latencyMs: 1, costMicroUsd: 1, outputTokens: 1 };
    await scoreOutput(spec, own, { input: "", expected }, undefined, ask);
  }
  return (performance.now() - start) / 1000;
}

function* examples(count: number): Generator<NewExample> {
  for (let i = 0; i < count; i++) {
    const rare = i % 99_991 === 7 ? " needle" : "";
    yield {
      input: { message: `Message ${i} about case ${(i * 7919) % 100_003}${rare}` },
      expected: queues[i % 4] ?? null,
      tags: [`tag-${i % 50}`],
      origin: { kind: "bench" },
    };
  }
}

function row(i: number): EvaluationRowInfo {
  const scores = candidates.map((_, c) => ((i * (c + 3) * 2_654_435_761) % 1000 < 900 - 60 * c ? 1 : 0));
  return {
    position: i + 1,
    exampleId: newRequestId(),
    preview: `Message ${i} about case ${i % 97}${i % 4999 === 7 ? " needle" : ""}`,
    slices: [`tag: tag-${i % 50}`, `expected: ${queues[i % 4]}`, "length: under 10 words"],
    outputs: candidates.map(() => newRequestId()),
    failed: candidates.map((_, c) => (i + c) % 1009 === 0),
    scores,
    latencyMs: candidates.map((_, c) => 100 + ((i * 31) % 200) + 50 * c),
    costMicroUsd: candidates.map((_, c) => 20 + 5 * c),
    disagreement: Math.max(...scores) - Math.min(...scores),
  };
}

async function timed(runs: number, name: string, work: () => Promise<unknown>): Promise<Figure> {
  const times: number[] = [];
  for (let run = 0; run < runs + 1; run++) {
    const start = performance.now();
    await work();
    // The first one warms the connection and the plan.
    if (run > 0) times.push(performance.now() - start);
  }
  return figure(name, "ms", "less", times);
}
