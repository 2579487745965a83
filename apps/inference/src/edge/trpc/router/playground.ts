import { z } from "zod";
import { browserFile } from "../../../domain/models/browser-file.ts";
import { moment } from "../shapes.ts";
import { orgProcedure, router } from "../trpc.ts";

const shareId = z.string().regex(/^[\w-]{12}$/, "This is not the id of a shared playground.");

/** The console packs it and alone knows what is in it: base64url of a compressed document. */
const content = z
  .string()
  .regex(/^[\w-]+$/, "This is not a packed playground.")
  .max(400_000, "This playground is too long to share: shorten the prompt or leave answers out.");

export const playgroundRouter = router({
  /** Keeps a playground that is too long for a link. The same one twice has one id. */
  share: orgProcedure("inference:run")
    .input(z.object({ content }))
    .output(z.object({ id: shareId }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const { id } = await scope.playgroundShares.keep(input.content, ctx.actor);
        return { subject: id, after: { characters: input.content.length }, result: { id } };
      }),
    ),
  open: orgProcedure("inference:run")
    .input(z.object({ id: shareId }))
    .output(z.object({ id: shareId, content: z.string(), createdAt: moment }))
    .query(async ({ ctx, input }) => {
      const { id, content: packed, createdAt } = await ctx.scope.playgroundShares.get(input.id);
      return { id, content: packed, createdAt: createdAt.toISOString() };
    }),
  /** What of a request's parameters the service takes. */
  takes: orgProcedure("inference:run")
    .output(z.object({ responseFormat: z.boolean() }))
    .query(({ ctx }) => ({ responseFormat: ctx.management.takesResponseFormat })),
  /** Which models a browser can run by itself, and why not the others. */
  browserModels: orgProcedure("models:read")
    .output(
      z.object({
        models: z.array(
          z.object({
            name: z.string(),
            file: z.object({ bytes: z.number(), sha256: z.string() }).nullable(),
            /** Why there is no file for browsers. */
            why: z.string().nullable(),
          }),
        ),
      }),
    )
    .query(async ({ ctx }) => {
      const models = (await ctx.scope.models.list()).map((model) => {
        const found = browserFile(model);
        return found.ok
          ? { name: model.name, file: { bytes: found.bytes, sha256: found.sha256 }, why: null }
          : { name: model.name, file: null, why: found.why };
      });
      return { models };
    }),
});
