import type { JobInfo, OrganizationScope, TuningRunDetail, TuningRunInfo } from "@tugboat/db";
import { fileFormats } from "@tugboat/records";
import type { Samples } from "@tugboat/tuning";
import {
  checkedOf,
  checkReady,
  correctedPairs,
  defaultConfig,
  findingKinds,
  type Prepared,
  prepareExamples,
  runConfig,
  runProgress,
  runReport,
  runSummary,
  sampleCsv,
  sampleName,
  TuningError,
} from "@tugboat/tuning";
import { z } from "zod";
import { type Permission, permissionTable } from "../../../domain/permissions.ts";
import { keepBrought, recordBrought } from "../../../domain/tuning/bring.ts";
import { datasetSamples, fileSamples, traceSamples } from "../../../domain/tuning/sample-source.ts";
import { shipRun } from "../../../domain/tuning/ship.ts";
import { recordedRun, startRun } from "../../../domain/tuning/start.ts";
import { stopRun } from "../../../domain/tuning/stop.ts";
import type { Context } from "../context.ts";
import { RefusedError } from "../errors.ts";
import { addAndMeasure, missingModel, modelName } from "../model-view.ts";
import { aliasName, id, moment, title } from "../shapes.ts";
import { orgProcedure, router, userIds } from "../trpc.ts";

const mapping = z.object({ input: z.string(), output: z.string(), rejected: z.string().optional() });

/** Where a person's examples are. */
const samplesFrom = z.discriminatedUnion("kind", [
  /** A file that was sent to `/api/dataset-files`. */
  z.object({ kind: z.literal("file"), upload: id, file: z.string().min(1).max(300) }),
  /** By its name or id; its newest version unless another is named. */
  z.object({ kind: z.literal("dataset"), dataset: z.string().min(1).max(300), version: z.int().min(1).optional() }),
  /** What people corrected or liked of the newest requests. */
  z.object({ kind: z.literal("traces"), days: z.int().min(1).max(365).default(30) }),
]);

const samples = z.object({
  from: samplesFrom,
  mapping: mapping.optional(),
  /** What was found and is to be mended. */
  mends: z.array(z.enum(findingKinds)).default([]),
  model: modelName,
});

const dayMs = 86_400_000;

const minutes = z
  .number()
  .min(0.2)
  .max(24 * 60);

const state = z.enum(["queued", "running", "done", "failed", "cancelled"]);

const run = z.object({
  id,
  name: z.string(),
  model: z.string(),
  minutes: z.number(),
  state,
  stage: z.string(),
  summary: runSummary.nullable(),
  /** What came out, in the catalog. */
  tunedModel: z.string().nullable(),
  jobId: id.nullable(),
  error: z.string().nullable(),
  hint: z.string().nullable(),
  createdBy: z.string(),
  createdByName: z.string().nullable(),
  createdAt: moment,
});

export const tuningRouter = router({
  list: orgProcedure("tuning:read")
    .output(z.object({ runs: z.array(run) }))
    .query(async ({ ctx }) => {
      const runs = await ctx.scope.tuningRuns.list();
      const show = await shower(ctx, runs);
      return { runs: runs.map(show) };
    }),

  get: orgProcedure("tuning:read")
    .input(z.object({ id }))
    .output(
      run.extend({
        examples: z.int(),
        config: runConfig,
        stopAsked: z.boolean(),
        progress: runProgress.nullable(),
        report: runReport.nullable(),
      }),
    )
    .query(async ({ ctx, input }) => {
      const found = await ctx.scope.tuningRuns.get(input.id);
      const show = await shower(ctx, [found]);
      return {
        ...show(found),
        examples: examplesOf(found),
        config: runConfig.parse(found.config),
        stopAsked: found.stopAsked,
        progress: runProgress.nullable().parse(found.progress),
        report: runReport.nullable().parse(found.report),
      };
    }),

  /** A small labelled data set to try a run with, as a CSV file's text. */
  sample: orgProcedure("tuning:read")
    .output(z.object({ name: z.string(), csv: z.string() }))
    .query(() => ({ name: sampleName, csv: sampleCsv() })),

  /** Reads examples and says what is wrong with them; keeps nothing. */
  check: orgProcedure("tuning:write")
    .input(samples)
    .output(
      z.object({
        format: z.enum([...fileFormats, "dataset", "traces"]),
        columns: z.array(z.string()),
        /** All there are, and how many of them a run takes. */
        rows: z.int(),
        taken: z.int(),
        mapping,
        kind: z.enum(["labels", "text", "pairs"]),
        labels: z.array(z.object({ label: z.string(), count: z.int() })),
        examples: z.int(),
        /** The first few. */
        preview: z.array(z.object({ input: z.string(), output: z.string() })),
        findings: z.array(
          z.object({
            kind: z.enum(findingKinds),
            weight: z.enum(["stop", "warn"]),
            sentence: z.string(),
            mend: z.string().nullable(),
            rows: z.array(z.int()),
          }),
        ),
      }),
    )
    .mutation(async ({ ctx, input }) => checkedOf(await prepare(ctx, input))),

  /** Begins a run; its job tells how far it is. */
  create: orgProcedure("tuning:write")
    .input(
      samples.extend({
        name: title,
        minutes: minutes.default(10),
        instruction: z.string().trim().max(2000).optional(),
        mayForget: z.number().min(0).max(1).default(defaultConfig.mayForget),
      }),
    )
    .output(z.object({ run: id, job: id }))
    .mutation(async ({ ctx, input }) => {
      const prepared = await prepare(ctx, input);
      checkReady(prepared);
      return ctx.change(async (scope) => {
        const { job, run } = await startRun(scope, {
          name: input.name,
          model: input.model,
          minutes: input.minutes,
          config: { ...defaultConfig, instruction: input.instruction || null, mayForget: input.mayForget },
          examples: prepared.examples,
          actor: ctx.actor,
        });
        return { subject: run.id, after: recordedRun(run, prepared.examples.length), result: { run: run.id, job } };
      });
    }),

  /** A second run from the first's adapter: what the person corrected, preferred to what the model said. */
  again: orgProcedure("tuning:write")
    .input(
      z.object({
        id,
        corrections: z
          .array(z.object({ input: z.string().max(100_000), right: z.string().trim().min(1).max(100_000) }))
          .min(1, "Correct at least one answer.")
          .max(1000),
        minutes: minutes.optional(),
      }),
    )
    .output(z.object({ run: id, job: id }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const before = await scope.tuningRuns.get(input.id);
        const report = runReport.nullable().parse(before.report);
        if (report === null) {
          throw new TuningError("not-ready", "This run has no report yet.", "Wait until it is done.");
        }
        const examples = correctedPairs(before.samples, report, input.corrections);
        const { job, run } = await startRun(scope, {
          name: `${before.name}-again`,
          model: before.model,
          minutes: input.minutes ?? before.minutes,
          config: { ...runConfig.parse(before.config), startFrom: before.id },
          examples,
          actor: ctx.actor,
        });
        const after = { ...recordedRun(run, examples.length), from: before.id, corrections: input.corrections.length };
        return { subject: run.id, after, result: { run: run.id, job } };
      }),
    ),

  /**
   * Keeps an adapter that a browser trained, with what it measured there. The weights were sent to `/api/dataset-files`;
   * the examples stayed in the browser.
   */
  bring: orgProcedure("tuning:write")
    .input(
      z.object({
        name: title,
        model: modelName,
        minutes,
        mayForget: z.number().min(0).max(1),
        weights: id,
        /** `adapter_config.json`, as peft writes it. */
        config: z.record(z.string(), z.json()),
        report: runReport,
      }),
    )
    .output(z.object({ run: id, model: z.string() }))
    .mutation(async ({ ctx, input }) => {
      if ((await ctx.scope.models.get(input.model)) === null) throw missingModel(input.model);
      const { catalog, datasetFiles, home, prepareModel } = ctx.management;
      const { config, weights, ...brought } = input;
      const path = await datasetFiles.path(ctx.organizationId, weights);
      const tuned = await keepBrought(ctx.scope, { home, prepare: prepareModel }, brought, { config, weights: path });
      const kept = await ctx.change(async (scope) => {
        const added = await addAndMeasure(ctx.actor, scope, tuned);
        const run = await recordBrought(scope, brought, tuned, ctx.actor);
        const after = { name: brought.name, model: brought.model, tuned: tuned.name };
        return { subject: run, after, result: { run, model: added.result.name } };
      });
      await datasetFiles.remove(ctx.organizationId, weights);
      catalog.refresh(ctx.organizationId);
      return kept;
    }),

  /** Ends a run: with a report on the best so far where something was learnt, else with nothing. */
  cancel: orgProcedure("tuning:write")
    .input(z.object({ id }))
    .output(z.object({ id, keeps: z.boolean() }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const found = await scope.tuningRuns.get(input.id);
        const keeps = await stopRun(scope, found);
        return { subject: found.id, after: { keeps }, result: { id: found.id, keeps } };
      }),
    ),

  /** Points an alias to what came out: a new one, or one that is there, which can be rolled back. */
  ship: orgProcedure("tuning:write")
    .input(
      z.object({
        id,
        alias: aliasName,
        /** Although the gate refused. */
        anyway: z.boolean().default(false),
      }),
    )
    .output(z.object({ alias: z.string(), aliasId: id, model: z.string(), version: z.int() }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const { prompt: _, ...shipped } = await shipRun(scope, { ...input, actor: ctx.actor });
        const { alias, model, version } = shipped;
        return { subject: input.id, after: { alias, model, version }, result: shipped };
      }),
    ),
});

/** A browser sends none: its report says how many there were. */
function examplesOf({ report, samples }: Pick<TuningRunDetail, "report" | "samples">): number {
  const { counts } = runReport.nullable().parse(report) ?? {};
  return samples.length > 0 || counts === undefined ? samples.length : Math.max(counts.train, counts.heldOut);
}

type OrgContext = Pick<Context, "management" | "caller"> & {
  readonly organizationId: string;
  readonly scope: OrganizationScope;
};

async function prepare(ctx: OrgContext, input: z.output<typeof samples>): Promise<Prepared> {
  const model = await ctx.scope.models.get(input.model);
  if (model === null) throw missingModel(input.model);
  return prepareExamples(await open(ctx, input.from), {
    mapping: input.mapping,
    mends: input.mends,
    contextLength: model.contextLength,
  });
}

async function open(ctx: OrgContext, from: z.output<typeof samplesFrom>): Promise<Samples> {
  if (from.kind === "file") return fileSamples(await ctx.management.datasetFiles.path(ctx.organizationId, from.upload));
  if (from.kind === "dataset") {
    mustHave(ctx, "datasets:read");
    return (await datasetSamples(ctx.scope, `${from.dataset}@${from.version ?? "latest"}`)).samples;
  }
  mustHave(ctx, "traces:read");
  return traceSamples(ctx.scope, new Date(Date.now() - from.days * dayMs));
}

/** A key that may tune need not be one that may read. */
function mustHave({ caller }: OrgContext, permission: Permission): void {
  if (caller?.permissions.has(permission)) return;
  throw new RefusedError("FORBIDDEN", `You may not ${permissionTable[permission].what}.`, { reason: "forbidden" });
}

async function shower({ management, scope }: Pick<OrgContext, "management" | "scope">, runs: readonly TuningRunInfo[]) {
  const jobs = new Map<string, JobInfo>();
  for (const { jobId } of runs) if (jobId !== null) jobs.set(jobId, await scope.jobs.get(jobId));
  const names = await management.database.people.names(userIds(runs.map(({ createdBy }) => createdBy)));
  return ({ createdAt, createdBy, id, jobId, minutes, model, name, stage, summary, tunedModel }: TuningRunInfo) => {
    const job = jobId === null ? undefined : jobs.get(jobId);
    return {
      id,
      name,
      model,
      minutes,
      state: summary === null ? (job?.state ?? "queued") : ("done" as const),
      stage,
      summary: runSummary.nullable().parse(summary),
      tunedModel,
      jobId,
      error: summary === null ? (job?.error ?? null) : null,
      hint: summary === null ? (job?.hint ?? null) : null,
      createdBy,
      createdByName: names.get(createdBy) ?? null,
      createdAt: createdAt.toISOString(),
    };
  };
}
