import type { EvaluationInfo, JobInfo } from "@tugboat/db";
import { z } from "zod";
import { candidateSpec, evaluationConfig } from "../../../domain/evaluations/config.ts";
import { calibrationsOf, evaluationCalibration } from "../../../domain/evaluations/judge-agreement.ts";
import { ensureSample, sampleDataset } from "../../../domain/evaluations/sample.ts";
import { recordedEvaluation, startEvaluation } from "../../../domain/evaluations/start.ts";
import { evaluationSummary } from "../../../domain/evaluations/summary.ts";
import { builtIn, evaluatorKey } from "../../../domain/evaluators/spec.ts";
import { id, moment, title } from "../shapes.ts";
import { type OrgContext, orgProcedure, router, userIds } from "../trpc.ts";
import { evaluationLife } from "./evaluation-life.ts";
import { suiteProcedures } from "./evaluation-suites.ts";

const answering = z.looseObject({ model: z.string() });
const state = z.enum(["queued", "running", "done", "failed", "cancelled"]);
const reference = z.string().trim().min(1).max(300);

const evaluation = z.object({
  id,
  name: z.string(),
  /** `name@3` */
  dataset: z.string(),
  datasetId: id,
  state,
  stoppedEarly: z.boolean(),
  total: z.int(),
  done: z.int(),
  candidates: z.array(z.string()),
  evaluators: z.array(z.string()),
  sentence: z.string().nullable(),
  verdict: evaluationSummary.shape.verdict.nullable(),
  /** What asking and judging cost, in US dollars. */
  spent: z.number(),
  jobId: id.nullable(),
  error: z.string().nullable(),
  hint: z.string().nullable(),
  createdBy: z.string(),
  createdByName: z.string().nullable(),
  createdAt: moment,
  finishedAt: moment.nullable(),
});

const row = z.object({
  position: z.int(),
  preview: z.string(),
  slices: z.array(z.string()),
  failed: z.array(z.boolean()),
  /** Of each candidate for each evaluator; null where none could be given. */
  scores: z.array(z.array(z.number().nullable())),
  disagreement: z.number(),
  texts: z.array(z.string()),
});

export const evaluationsRouter = router({
  list: orgProcedure("evaluations:read")
    .output(z.object({ evaluations: z.array(evaluation) }))
    .query(async ({ ctx }) => {
      const found = await ctx.scope.evaluations.list();
      const show = await shower(ctx, found);
      return { evaluations: found.map(show) };
    }),

  get: orgProcedure("evaluations:read")
    .input(z.object({ id }))
    .output(
      evaluation.extend({
        config: evaluationConfig,
        summary: evaluationSummary.nullable(),
        /** How far judging models agree with people, where people reviewed the same answers. */
        calibrations: z.array(evaluationCalibration),
      }),
    )
    .query(async ({ ctx, input }) => {
      const found = await ctx.scope.evaluations.get(input.id);
      const show = await shower(ctx, [found]);
      const config = evaluationConfig.parse(found.config);
      return {
        ...show(found),
        config,
        summary: evaluationSummary.nullable().parse(found.summary),
        calibrations: await calibrationsOf(ctx.scope, found.id, config),
      };
    }),

  /** Examples side by side; those on which the candidates differ the most first. */
  examples: orgProcedure("evaluations:read")
    .input(
      z.object({
        id,
        slice: z.string().max(300).optional(),
        text: z.string().max(300).optional(),
        /** The number of a candidate: those on which it did badly, or, with `over`, better than another. */
        candidate: z.coerce.number().int().min(0).max(7).optional(),
        over: z.coerce.number().int().min(0).max(7).optional(),
        evaluator: z.coerce.number().int().min(0).max(7).default(0),
        order: z.enum(["disagreement", "position"]).default("disagreement"),
        offset: z.coerce.number().int().min(0).default(0),
        limit: z.coerce.number().int().min(1).max(200).default(25),
      }),
    )
    .output(z.object({ total: z.int(), rows: z.array(row) }))
    .query(async ({ ctx, input: { candidate, evaluator, id: evaluationId, over, ...query } }) => {
      const found = await ctx.scope.evaluations.get(evaluationId);
      const { evaluators } = evaluationConfig.parse(found.config);
      const outcome =
        candidate === undefined
          ? undefined
          : { candidate, over: over ?? null, evaluator, evaluators: evaluators.length };
      const { rows, total } = await ctx.scope.evaluations.page(evaluationId, { ...query, outcome });
      const outputs = await ctx.scope.evaluationOutputs.byId(rows.flatMap((one) => one.outputs));
      const texts = new Map(outputs.map((one) => [one.id, one.text ?? ""]));
      return {
        total,
        rows: rows.map((one) => ({
          position: one.position,
          preview: one.preview,
          slices: [...one.slices],
          failed: [...one.failed],
          scores: one.outputs.map((_, i) =>
            one.scores
              .slice(i * evaluators.length, (i + 1) * evaluators.length)
              .map((score) => (Number.isNaN(score) ? null : score)),
          ),
          disagreement: one.disagreement,
          texts: one.outputs.map((output) => (texts.get(output) ?? "").slice(0, 300)),
        })),
      };
    }),

  /** One example whole: what was asked, expected and answered, and why it was scored so. */
  example: orgProcedure("evaluations:read")
    .input(z.object({ id, position: z.coerce.number().int() }))
    .output(
      z.object({
        position: z.int(),
        input: z.json(),
        expected: z.json(),
        tags: z.array(z.string()),
        answers: z.array(
          z.object({
            candidate: z.string(),
            text: z.string().nullable(),
            error: z.string().nullable(),
            calls: z.json(),
            latencyMs: z.number(),
            costMicroUsd: z.number(),
            outputTokens: z.int(),
            /** The trace's. */
            callId: id,
            scores: z.array(
              z.object({ evaluator: z.string(), value: z.number().nullable(), reason: z.string().nullable() }),
            ),
          }),
        ),
      }),
    )
    .query(async ({ ctx, input }) => {
      const found = await ctx.scope.evaluations.get(input.id);
      const config = evaluationConfig.parse(found.config);
      const one = await ctx.scope.evaluations.row(found.id, input.position);
      const { examples } = await ctx.scope.datasets.page(found.datasetVersionId, {
        after: input.position - 1,
        limit: 1,
      });
      const outputs = await ctx.scope.evaluationOutputs.byId(one.outputs);
      const scores = await ctx.scope.evaluationOutputs.scores(one.outputs);
      const answers = one.outputs.flatMap((outputId, i) => {
        const output = outputs.find((each) => each.id === outputId);
        if (output === undefined) return [];
        return {
          candidate: config.candidates[i]?.name ?? "",
          text: output.text,
          error: output.error,
          calls: z.json().parse(output.calls ?? null),
          latencyMs: output.latencyMs,
          costMicroUsd: Number(output.costPicoUsd) / 1e6,
          outputTokens: output.outputTokens,
          callId: output.callId,
          scores: config.evaluators.map(({ name, spec }) => {
            const key = evaluatorKey(spec, spec.kind === "judge-pairs" ? (one.outputs[0] ?? "") : "");
            const score = scores.find((each) => each.outputId === outputId && each.evaluator === key);
            return { evaluator: name, value: score?.value ?? null, reason: score?.reason ?? null };
          }),
        };
      });
      const [example] = examples;
      return {
        position: one.position,
        input: z.json().parse(example?.input ?? one.preview),
        expected: z.json().parse(example?.expected ?? null),
        tags: [...(example?.tags ?? [])],
        answers,
      };
    }),

  /** What there is to compare: datasets, whatever can be asked, and evaluators. */
  choices: orgProcedure("evaluations:read")
    .output(
      z.object({
        datasets: z.array(z.object({ name: z.string(), rows: z.int(), splits: z.array(z.string()) })),
        models: z.array(z.object({ name: z.string(), kind: z.string() })),
        /** Versions that a label points to, and the newest; `stands` is how the API calls each. */
        prompts: z.array(z.object({ stands: z.string(), name: z.string(), version: z.int(), model: z.string() })),
        evaluators: z.array(z.object({ name: z.string(), what: z.string(), kind: z.string(), own: z.boolean() })),
      }),
    )
    .query(async ({ ctx }) => {
      const [datasets, models, aliases, own, prompts, tasks] = await Promise.all([
        ctx.scope.datasets.list(),
        ctx.scope.models.list(),
        ctx.scope.aliases.list(),
        ctx.scope.evaluators.list(),
        ctx.scope.prompts.list(),
        ctx.scope.tasks.list(),
      ]);
      const said = await Promise.all(prompts.map(({ id: which }) => ctx.scope.prompts.versions(which)));
      const named = z.object({ kind: z.string() });
      return {
        datasets: datasets.flatMap(({ latest, name }) =>
          latest === null ? [] : [{ name, rows: latest.rows, splits: Object.keys(latest.facts.splits) }],
        ),
        prompts: prompts.flatMap(({ labels, latest, name }, i) => {
          const modelOf = (number: number) =>
            answering.safeParse(said[i]?.find((one) => one.number === number)?.content).data?.model ?? "";
          const labelled = Object.entries(labels).map(([label, number]) => ({ stands: `${name}@${label}`, number }));
          const numbered = (said[i] ?? []).map(({ number }) => ({ stands: `${name}@${number}`, number }));
          return latest === 0
            ? []
            : [...labelled, ...numbered].map(({ number, stands }) => ({
                ...{ stands, name, version: number },
                model: modelOf(number),
              }));
        }),
        models: [
          ...aliases.map(({ name }) => ({ name, kind: "alias" })),
          ...models.map(({ name }) => ({ name, kind: "model" })),
          ...tasks.flatMap(({ name, release }) => (release === null ? [] : [{ name: `task:${name}`, kind: "task" }])),
        ],
        evaluators: [
          ...own.map(({ description, name, spec }) => {
            const { kind } = named.parse(spec);
            return { name, what: description || `Your own (${kind})`, kind, own: true };
          }),
          ...Object.entries(builtIn).map(([name, { spec, what }]) => ({ name, what, kind: spec.kind, own: false })),
        ],
      };
    }),

  /** Begins an evaluation; its job tells how far it is. */
  create: orgProcedure("evaluations:write")
    .input(
      z.object({
        name: title.optional(),
        dataset: reference,
        candidates: z.array(candidateSpec).min(1, "Name a candidate.").max(8, "At most 8 candidates at once."),
        evaluators: z.array(reference).min(1, "Name an evaluator.").max(8).default(["normalised"]),
        split: evaluationConfig.shape.split,
        limit: evaluationConfig.shape.limit,
        stopEarly: evaluationConfig.shape.stopEarly,
      }),
    )
    .output(z.object({ evaluation: id, job: id }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const { evaluation: made, job } = await startEvaluation(scope, {
          ...input,
          name: input.name,
          actor: ctx.actor,
        });
        return { subject: made.id, after: recordedEvaluation(made), result: { evaluation: made.id, job } };
      }),
    ),

  /** Makes a small dataset to try an evaluation with, once. */
  sample: orgProcedure("evaluations:write")
    .output(z.object({ dataset: z.string() }))
    .mutation(({ ctx }) =>
      ctx.change(async (scope) => {
        const made = await ensureSample(scope, ctx.actor);
        return { subject: made, after: { dataset: sampleDataset }, result: { dataset: sampleDataset } };
      }),
    ),

  ...evaluationLife,
  ...suiteProcedures,

  cancel: orgProcedure("evaluations:write")
    .input(z.object({ id }))
    .output(z.object({ id }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const found = await scope.evaluations.get(input.id);
        if (found.jobId !== null) await scope.jobs.cancel(found.jobId);
        return { subject: found.id, result: { id: found.id } };
      }),
    ),

  /** With the reviews of it. What was asked and judged stays remembered. */
  remove: orgProcedure("evaluations:write")
    .input(z.object({ id }))
    .output(z.object({ id }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const found = await scope.evaluations.get(input.id);
        if (found.jobId !== null && found.finishedAt === null) await scope.jobs.cancel(found.jobId);
        await scope.evaluations.remove(found.id);
        return { subject: found.id, before: recordedEvaluation(found), result: { id: found.id } };
      }),
    ),
});

async function shower({ management, scope }: OrgContext, found: readonly EvaluationInfo[]) {
  const jobs = new Map<string, JobInfo>();
  const running = found.filter(({ finishedAt }) => finishedAt === null);
  for (const { jobId } of running) if (jobId !== null) jobs.set(jobId, await scope.jobs.get(jobId));
  const names = await management.database.people.names(userIds(found.map(({ createdBy }) => createdBy)));
  return (info: EvaluationInfo): z.output<typeof evaluation> => {
    const { candidates, evaluators } = evaluationConfig.parse(info.config);
    const summary = evaluationSummary.nullable().parse(info.summary);
    const job = info.jobId === null ? undefined : jobs.get(info.jobId);
    return {
      id: info.id,
      name: info.name,
      dataset: info.datasetName,
      datasetId: info.datasetId,
      state: summary === null ? (job?.state ?? "queued") : "done",
      stoppedEarly: info.stage === "stopped-early",
      total: info.total,
      done: info.done,
      candidates: candidates.map(({ name }) => name),
      evaluators: evaluators.map(({ name }) => name),
      sentence: summary?.sentence ?? null,
      verdict: summary?.verdict ?? null,
      spent: Number(info.costPicoUsd) / 1e12,
      jobId: info.jobId,
      error: summary === null ? (job?.error ?? null) : null,
      hint: summary === null ? (job?.hint ?? null) : null,
      createdBy: info.createdBy,
      createdByName: names.get(info.createdBy) ?? null,
      createdAt: info.createdAt.toISOString(),
      finishedAt: info.finishedAt?.toISOString() ?? null,
    };
  };
}
