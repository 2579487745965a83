import { lifeStages, type ModelLife, targetsOf } from "@tugboat/db";
import { z } from "zod";
import { noHubId, takenName } from "../../../domain/models/add.ts";
import { CatalogError } from "../../../domain/models/errors.ts";
import { parseHubReference } from "../../../domain/models/hub-reference.ts";
import { lifeSentence } from "../../../domain/models/life.ts";
import { checkName, defaultName } from "../../../domain/models/name.ts";
import { recordedModel } from "../../../domain/models/recorded.ts";
import { setLife } from "../../../domain/models/set-life.ts";
import { enqueueJob } from "../../../jobs/enqueue.ts";
import { digestModel } from "../../../jobs/kinds/models-digest.ts";
import { downloadKind } from "../../../jobs/kinds/models-download-input.ts";
import { enqueueMeasurement } from "../../../jobs/kinds/models-measure.ts";
import { machineFacts, modelFacts, textToken } from "../model-shapes.ts";
import { addAndMeasure, describer, missingModel, modelName, modelPath, modelView, ownModel } from "../model-view.ts";
import { id, moment } from "../shapes.ts";
import { orgProcedure, router } from "../trpc.ts";

const lifeView = z.object({
  name: z.string(),
  stage: z.enum(lifeStages),
  deprecatedAt: moment.nullable(),
  sunsetAt: moment.nullable(),
  successor: z.string().nullable(),
  note: z.string(),
  /** What a person reads of it; null for an active one. */
  sentence: z.string().nullable(),
});

function showLife(life: ModelLife): z.output<typeof lifeView> {
  const { deprecatedAt, name, note, stage, successor, sunsetAt } = life;
  return {
    ...{ name, stage, successor, note },
    deprecatedAt: deprecatedAt?.toISOString() ?? null,
    sunsetAt: sunsetAt?.toISOString() ?? null,
    sentence: lifeSentence(life) ?? null,
  };
}

export const modelsRouter = router({
  list: orgProcedure("models:read")
    .output(z.object({ models: z.array(modelView), machine: machineFacts }))
    .query(async ({ ctx }) => {
      const describe = await describer(ctx);
      const models = await ctx.scope.models.list();
      return { models: await Promise.all(models.map(describe)), machine: ctx.management.machine() };
    }),

  get: orgProcedure("models:read")
    .input(z.object({ name: modelName }))
    .output(modelView)
    .query(async ({ ctx, input }) => {
      const found = await ctx.scope.models.get(input.name);
      if (found === null) throw missingModel(input.name);
      return (await describer(ctx))(found);
    }),

  /** What it is made of: architecture, tensors by part, tokenizer, chat template. Read from its files. */
  describe: orgProcedure("models:read")
    .input(z.object({ name: modelName }))
    .output(modelFacts)
    .query(async ({ ctx, input }) => {
      const found = await ctx.scope.models.get(input.name);
      if (found === null) throw missingModel(input.name);
      return ctx.management.reader.facts(await modelPath(ctx.scope, found));
    }),

  /** A text as a model sees it. Control tokens in it are ordinary text, unless `special`. */
  tokenize: orgProcedure("models:read")
    .input(
      z.object({
        name: modelName,
        text: z.string().max(20_000, "At most 20,000 characters at once."),
        special: z.boolean().default(false),
      }),
    )
    .output(z.object({ tokens: z.array(textToken).readonly() }))
    .mutation(async ({ ctx, input }) => {
      const found = await ctx.scope.models.get(input.name);
      if (found === null) throw missingModel(input.name);
      const path = await modelPath(ctx.scope, found);
      return { tokens: await ctx.management.reader.tokenize(path, input.text, input.special) };
    }),

  /** Adds a file or folder of the service's machine, an adapter's folder, or a hub id; waits until its files are there and digested. */
  add: orgProcedure("models:write")
    .input(
      z.object({
        source: z.string().trim().min(1, "Say which file, folder or hub id.").max(4096),
        name: modelName.optional(),
        /** For an adapter: the model that it changes, if it is not called as the adapter says. */
        base: modelName.optional(),
      }),
    )
    .output(modelView)
    .mutation(async ({ ctx, input }) => {
      const { catalog, prepareModel } = ctx.management;
      const { base, name, source } = input;
      const prepared = await prepareModel(source, { name, base, models: ctx.scope.models });
      const added = await ctx.change((scope) => addAndMeasure(ctx.actor, scope, prepared));
      catalog.refresh(ctx.organizationId);
      return (await describer(ctx))(added);
    }),

  /** What would no longer work, or be lost, without a model. */
  dependents: orgProcedure("models:read")
    .input(z.object({ name: modelName }))
    .output(
      z.object({
        /** Aliases that point to it: they are moved first, or it can't be removed. */
        aliases: z.array(z.object({ id, name: z.string() })),
        /** Keys that name it, and are not revoked; `only` when it is all that they may use. */
        keys: z.array(z.object({ id, name: z.string(), only: z.boolean() })),
        /** Whether it is loaded now, and requests in it. */
        loaded: z.boolean(),
        inFlight: z.int(),
        isDefault: z.boolean(),
        speeds: z.int(),
        /** Of the files that were uploaded or downloaded, which `remove` can delete, in bytes. */
        ownFiles: z.number(),
      }),
    )
    .query(async ({ ctx, input }) => {
      const { catalog, deployments, ownFiles } = ctx.management;
      const found = await ctx.scope.models.get(input.name);
      if (found === null) throw missingModel(input.name);
      const keys = (await ctx.scope.keys.list()).filter(
        ({ models, revokedAt }) => revokedAt === null && models.includes(found.name),
      );
      const aliases = (await ctx.scope.aliases.list()).filter(({ current }) =>
        targetsOf(current).some((target) => target.kind === "model" && target.model === found.name),
      );
      const worker = catalog.workerOf(ctx.organizationId, found);
      const status = deployments.statuses().find(({ model }) => model === worker);
      const { isDefault } = await (await describer(ctx))(found);
      return {
        aliases: aliases.map(({ id, name }) => ({ id, name })),
        keys: keys.map(({ id, models, name }) => ({ id, name, only: models.length === 1 })),
        loaded: status !== undefined,
        inFlight: status?.inFlight ?? 0,
        isDefault,
        speeds: found.speeds.length,
        ownFiles: found.own && ownFiles.areOwn(found) ? found.bytes : 0,
      };
    }),

  /** Downloads a model from the hub in the background and adds it: its job tells how far it is, and can be cancelled. */
  download: orgProcedure("models:write")
    .input(
      z.object({
        source: z.string().trim().min(1, "Say which model of the hub.").max(512),
        name: modelName.optional(),
      }),
    )
    .output(z.object({ job: id }))
    .mutation(({ ctx, input: { name, source } }) => {
      const reference = parseHubReference(source);
      if (reference === undefined) throw noHubId(source);
      const wanted = name ?? defaultName(reference.file ?? reference.repository);
      checkName(wanted);
      return ctx.change(async (scope) => {
        if ((await scope.models.get(wanted)) !== null) throw takenName(wanted);
        const what = { source, name: wanted, actor: ctx.actor };
        const asked = { createdBy: ctx.actor, subject: wanted, dedupeKey: source };
        const { job } = await enqueueJob(scope, downloadKind, what, asked);
        return { subject: wanted, after: { source, job: job.id }, result: { job: job.id } };
      });
    }),

  /** Measures a model's speed on this machine again, as soon as no request runs. */
  measure: orgProcedure("models:write")
    .input(z.object({ name: modelName }))
    .output(z.object({ job: id }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        await ownModel(scope, input.name);
        const { job } = await enqueueMeasurement(scope, input.name, { createdBy: ctx.actor, asked: true });
        return { subject: input.name, after: { job: job.id }, result: { job: job.id } };
      }),
    ),

  /** Computes the SHA-256 of a model's files in the background: records those that are unknown, compares the others. */
  digest: orgProcedure("models:write")
    .input(z.object({ name: modelName }))
    .output(z.object({ job: id }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        await ownModel(scope, input.name);
        const asked = { createdBy: ctx.actor, subject: input.name, dedupeKey: input.name };
        const { job } = await enqueueJob(scope, digestModel, { model: input.name }, asked);
        return { subject: input.name, after: { job: job.id }, result: { job: job.id } };
      }),
    ),

  /** Shares a model with every organization of this installation, or ends that. The first organization's alone. */
  share: orgProcedure("models:write")
    .input(z.object({ name: modelName, shared: z.boolean() }))
    .output(modelView)
    .mutation(async ({ ctx, input: { name, shared } }) => {
      const { catalog, database } = ctx.management;
      const after = await ctx.change(async (scope) => {
        const before = await ownModel(scope, name);
        if (ctx.organizationId !== database.home.organizationId) {
          throw new CatalogError(
            "not-own",
            "Only the first organization, which looks after this installation, shares models with every other.",
          );
        }
        const result = await scope.models.share(name, shared);
        return { subject: name, before: { shared: before.shared }, after: { shared }, result };
      });
      catalog.refresh(ctx.organizationId);
      return (await describer(ctx))(after);
    }),

  /**
   * Takes a model out of the catalog and stops serving it. Its files stay, but for those that were uploaded or downloaded,
   * if asked, unless another model is made of the same.
   */
  /** Where models stand in their lives, those of upstreams too; what is not listed is active. */
  lives: orgProcedure("models:read")
    .output(z.object({ lives: z.array(lifeView) }))
    .query(async ({ ctx }) => ({ lives: (await ctx.scope.modelLives.list()).map(showLife) })),

  /**
   * Says that a model is a preview, active, or deprecated. A deprecated one goes on answering, with headers that say so;
   * nothing new is planned with it, and aliases with a guard follow to its successor once that is shown to be no worse.
   */
  setLife: orgProcedure("models:write")
    .input(
      z.object({
        name: z.string().trim().min(1).max(384),
        stage: z.enum(lifeStages),
        sunsetAt: moment.nullable().default(null),
        successor: z.string().trim().min(1).max(384).nullable().default(null),
        note: z.string().max(500).default(""),
      }),
    )
    .output(lifeView)
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const { before, life } = await setLife(scope, {
          ...input,
          sunsetAt: input.sunsetAt === null ? null : new Date(input.sunsetAt),
        });
        const after = showLife(life);
        return { subject: input.name, before: before && showLife(before), after, result: after };
      }),
    ),

  remove: orgProcedure("models:write")
    .input(z.object({ name: modelName, deleteFile: z.boolean().default(false) }))
    .output(z.object({ name: z.string() }))
    .mutation(async ({ ctx, input }) => {
      const { catalog, deployments, ownFiles } = ctx.management;
      const removed = await ctx.change(async (scope) => {
        const before = await ownModel(scope, input.name);
        await scope.models.remove(input.name);
        return { subject: before.name, before: recordedModel(before), result: before };
      });
      catalog.refresh(ctx.organizationId);
      await deployments.unload(catalog.workerOf(ctx.organizationId, removed));
      if (input.deleteFile && !(await ctx.scope.models.isUsed(removed.sourcePath))) await ownFiles.remove(removed);
      return { name: removed.name };
    }),
});
