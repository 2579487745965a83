import type { CatalogModel } from "@tugboat/db";
import { z } from "zod";
import { CatalogError } from "../../../domain/models/errors.ts";
import { recordedModel } from "../../../domain/models/recorded.ts";
import type { Context } from "../context.ts";
import { id, moment, sent } from "../shapes.ts";
import { orgProcedure, router } from "../trpc.ts";

export const deploymentState = z.enum(["idle", "loading", "ready", "restarting", "failed", "closed"]);

const model = z.object({
  id,
  /** What requests call it. */
  name: z.string(),
  architecture: z.string(),
  parameters: z.number(),
  /** In tokens. */
  contextLength: z.int(),
  quantisation: z.string(),
  licence: z.string().nullable(),
  bytes: z.number(),
  addedAt: moment,
  updatedAt: moment,
  isDefault: z.boolean(),
  state: deploymentState,
  /** The file or folder on the service's machine. */
  sourcePath: z.string(),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string().nullable() })),
  /** What it was measured to do here, in tokens per second. */
  speeds: z.array(
    z.object({
      device: z.string(),
      decodeTokensPerSecond: z.number(),
      prefillTokensPerSecond: z.number(),
      measuredAt: moment,
    }),
  ),
});

const name = z.string().min(1).max(128);

export const modelsRouter = router({
  list: orgProcedure("models:read")
    .output(z.object({ models: z.array(model) }))
    .query(async ({ ctx }) => {
      const describe = await describer(ctx);
      return { models: (await ctx.scope.models.list()).map(describe) };
    }),

  get: orgProcedure("models:read")
    .input(z.object({ name }))
    .output(model)
    .query(async ({ ctx, input }) => {
      const found = await ctx.scope.models.get(input.name);
      if (found === null) throw missing(input.name);
      return (await describer(ctx))(found);
    }),

  /** Adds a file or folder of the service's machine, or a hub id; waits until its files are there and digested. */
  add: orgProcedure("models:write")
    .input(
      z.object({
        source: z.string().trim().min(1, "Say which file, folder or hub id.").max(4096),
        name: name.optional(),
      }),
    )
    .output(model)
    .mutation(async ({ ctx, input }) => {
      const { catalog, prepareModel } = ctx.management;
      const prepared = await prepareModel(input.source, input.name);
      const added = await ctx.change(async (scope) => {
        if ((await scope.models.get(prepared.name)) !== null) {
          throw new CatalogError("exists", `There is a model ${prepared.name} already.`, {
            hint: "Give the new one another name, or remove the old one first.",
          });
        }
        const result = await scope.models.upsert(prepared);
        return { subject: result.name, after: recordedModel(result), result };
      });
      catalog.refresh();
      return (await describer(ctx))(added);
    }),

  /** Takes a model out of the catalog and stops serving it. Its files stay. */
  remove: orgProcedure("models:write")
    .input(z.object({ name }))
    .output(z.object({ name }))
    .mutation(async ({ ctx, input }) => {
      const { catalog, database, deployments } = ctx.management;
      const removed = await ctx.change(async (scope) => {
        const before = await scope.models.get(input.name);
        if (before === null) throw missing(input.name);
        await scope.models.remove(input.name);
        return { subject: before.name, before: recordedModel(before), result: { name: before.name } };
      });
      catalog.refresh();
      if (ctx.organizationId === database.home.organizationId) await deployments.unload(removed.name);
      return removed;
    }),
});

/** Only the first organization's models are served by this installation's workers. */
async function describer({ management, organizationId }: Pick<Context, "management"> & { organizationId: string }) {
  const { catalog, database, deployments } = management;
  const served = organizationId === database.home.organizationId;
  const states = new Map(served ? deployments.statuses().map((status) => [status.model, status.state]) : []);
  const defaultName = served ? await catalog.defaultName() : undefined;
  return ({ files, speeds, ...row }: CatalogModel): z.output<typeof model> => ({
    ...sent(row),
    files: files.map((file) => ({ ...file })),
    speeds: speeds.map(sent),
    isDefault: row.name === defaultName,
    state: states.get(row.name) ?? "idle",
  });
}

function missing(name: string): CatalogError {
  return new CatalogError("not-found", `There is no model ${name}.`);
}
