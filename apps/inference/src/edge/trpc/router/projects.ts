import { z } from "zod";
import { id, moment, seen, sent, title } from "../shapes.ts";
import { orgProcedure, router } from "../trpc.ts";

const project = z.object({
  id,
  name: z.string(),
  slug: z.string(),
  createdAt: moment,
  updatedAt: moment,
  archivedAt: moment.nullable(),
});

export const projectsRouter = router({
  list: orgProcedure("projects:read")
    .input(z.object({ archived: z.boolean().optional() }).optional())
    .output(z.object({ projects: z.array(project) }))
    .query(async ({ ctx, input }) => {
      const list = await ctx.scope.projects.list({ archived: input?.archived ?? false });
      return { projects: list.map(sent) };
    }),

  create: orgProcedure("projects:write")
    .input(z.object({ name: title }))
    .output(project)
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const after = await scope.projects.create(input.name);
        return { subject: after.id, after: { name: after.name, slug: after.slug }, result: sent(after) };
      }),
    ),

  rename: orgProcedure("projects:write")
    .input(z.object({ id, name: title, updatedAt: seen }))
    .output(project)
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const before = await scope.projects.get(input.id);
        const after = await scope.projects.rename(input.id, input.name, input.updatedAt);
        return { subject: after.id, before: { name: before.name }, after: { name: after.name }, result: sent(after) };
      }),
    ),

  /** Puts a project away: its keys stop working. */
  archive: orgProcedure("projects:write")
    .input(z.object({ id, updatedAt: seen }))
    .output(project)
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const after = await scope.projects.archive(input.id, input.updatedAt);
        return { subject: after.id, before: { archived: false }, after: { archived: true }, result: sent(after) };
      }),
    ),

  /** Brings an archived project back: its keys work again. */
  unarchive: orgProcedure("projects:write")
    .input(z.object({ id, updatedAt: seen }))
    .output(project)
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const after = await scope.projects.unarchive(input.id, input.updatedAt);
        return { subject: after.id, before: { archived: true }, after: { archived: false }, result: sent(after) };
      }),
    ),
});
