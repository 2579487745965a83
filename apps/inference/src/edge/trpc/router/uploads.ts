import { z } from "zod";
import { CatalogError } from "../../../domain/models/errors.ts";
import { addAndMeasure, describer, modelName, modelView } from "../model-view.ts";
import { moment } from "../shapes.ts";
import { orgProcedure, router } from "../trpc.ts";

const uploadId = z.string().regex(/^[0-9a-f]{32}$/, "This is not an upload's id.");
const digest = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[0-9a-f]{64}$/, "A SHA-256 digest has 64 hexadecimal digits.");

const upload = z.object({
  id: uploadId,
  fileName: z.string(),
  /** In bytes: of the whole file, and of what is here. */
  size: z.number(),
  received: z.number(),
  startedAt: moment,
});

/** Model files that were sent to `/api/uploaded-files` by the tus protocol. */
export const uploadsRouter = router({
  /** Those on their way, and those that are here and not added yet. */
  list: orgProcedure("models:write")
    .output(z.object({ uploads: z.array(upload) }))
    .query(async ({ ctx }) => ({ uploads: await ctx.management.uploads.list(ctx.organizationId) })),

  /** Makes a finished upload a model of the catalog. A file that is no model, or not what its digest says, is removed. */
  add: orgProcedure("models:write")
    .input(z.object({ id: uploadId, name: modelName.optional(), sha256: digest.optional() }))
    .output(modelView)
    .mutation(async ({ ctx, input }) => {
      const { catalog, prepareModel, uploads } = ctx.management;
      const { id, name, sha256 } = input;
      const added = await uploads.take(ctx.organizationId, id, async (path) => {
        const prepared = await prepareModel(path, { name, models: ctx.scope.models });
        const [file] = prepared.files;
        if (sha256 !== undefined && file?.sha256 !== sha256) {
          const message = `The file that came is not the one you meant: its SHA-256 is ${file?.sha256}.`;
          throw new CatalogError("bad-digest", message, { hint: "It was removed. Check the digest or send it again." });
        }
        return ctx.change((scope) => addAndMeasure(ctx.actor, scope, prepared));
      });
      catalog.refresh(ctx.organizationId);
      return (await describer(ctx))(added);
    }),

  discard: orgProcedure("models:write")
    .input(z.object({ id: uploadId }))
    .output(z.object({ id: uploadId }))
    .mutation(async ({ ctx, input }) => {
      await ctx.management.uploads.discard(ctx.organizationId, input.id);
      return { id: input.id };
    }),
});
