import { z } from "zod";
import { id, moment, seen, sent, title } from "../shapes.ts";
import { orgProcedure, router } from "../trpc.ts";

const organization = z.object({ id, name: z.string(), slug: z.string(), createdAt: moment, updatedAt: moment });

export const organizationRouter = router({
  get: orgProcedure("organization:read")
    .output(organization)
    .query(async ({ ctx }) => sent(await ctx.scope.info())),

  rename: orgProcedure("organization:write")
    .input(z.object({ name: title, updatedAt: seen }))
    .output(organization)
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const before = await scope.info();
        const after = await scope.rename(input.name, input.updatedAt);
        return { subject: scope.id, before: { name: before.name }, after: { name: after.name }, result: sent(after) };
      }),
    ),
});
