import type { GuardInfo } from "@tugboat/db";
import { z } from "zod";
import { namedEvaluator } from "../../../domain/evaluations/start.ts";
import { id, moment } from "../shapes.ts";
import { orgProcedure, router } from "../trpc.ts";

const guard = z.object({
  id,
  subject: z.string(),
  dataset: z.string(),
  evaluator: z.string(),
  /** How much worse it may be: 0.01 is a point. */
  margin: z.number(),
  createdAt: moment,
});

export const guardsRouter = router({
  list: orgProcedure("evaluations:read")
    .output(z.object({ guards: z.array(guard) }))
    .query(async ({ ctx }) => ({ guards: (await ctx.scope.guards.list()).map(shown) })),

  /** From then on the alias moves only where an evaluation has shown that it does no harm. */
  set: orgProcedure("aliases:write")
    .input(
      z.object({
        subject: z.string().trim().min(1).max(300),
        dataset: z.string().trim().min(1).max(200),
        evaluator: z.string().trim().min(1).max(120),
        margin: z.number().min(0).max(1),
      }),
    )
    .output(guard)
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const { dataset } = await scope.datasets.resolve(input.dataset);
        const { name } = await namedEvaluator(scope, input.evaluator);
        const made = await scope.guards.set({ ...input, dataset: dataset.name, evaluator: name, createdBy: ctx.actor });
        return { subject: made.id, after: recorded(made), result: shown(made) };
      }),
    ),

  remove: orgProcedure("aliases:write")
    .input(z.object({ id }))
    .output(z.object({ id }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const before = await scope.guards.remove(input.id);
        return { subject: before.id, before: recorded(before), result: { id: before.id } };
      }),
    ),
});

function recorded({ dataset, evaluator, margin, subject }: GuardInfo) {
  return { guarded: subject, dataset, evaluator, margin };
}

function shown({ createdAt, dataset, evaluator, id: own, margin, subject }: GuardInfo) {
  return { id: own, subject, dataset, evaluator, margin, createdAt: createdAt.toISOString() };
}
