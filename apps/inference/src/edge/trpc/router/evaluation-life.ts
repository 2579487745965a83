import { z } from "zod";
import { historyEntry, historyOf } from "../../../domain/evaluations/history.ts";
import { loopOf, loopStation } from "../../../domain/evaluations/loop.ts";
import { rulesOf, setRule } from "../../../domain/evaluations/rules.ts";
import { id } from "../shapes.ts";
import { orgProcedure } from "../trpc.ts";

const reference = z.string().trim().min(1).max(300);

/** Of evaluations over time. */
export const evaluationLife = {
  /** What waits at each station of the way on which a task gets better. */
  loop: orgProcedure("tasks:read")
    .input(z.object({ task: reference }))
    .output(z.object({ stations: z.array(loopStation) }))
    .query(async ({ ctx, input }) => ({ stations: await loopOf(ctx.scope, input.task) })),

  /** How the same candidates did before on the same dataset, and whether it is run again by itself. */
  history: orgProcedure("evaluations:read")
    .input(z.object({ id }))
    .output(z.object({ entries: z.array(historyEntry), again: z.boolean() }))
    .query(async ({ ctx, input }) => ({
      entries: await historyOf(ctx.scope, input.id),
      again: (await rulesOf(ctx.scope)).some(({ evaluation: of }) => of === input.id),
    })),

  /** Runs it again whenever its dataset, a prompt's label, an alias, a model or an evaluator moves; or no longer. */
  again: orgProcedure("evaluations:write")
    .input(z.object({ id, on: z.boolean() }))
    .output(z.object({ id, on: z.boolean() }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        await setRule(scope, input.id, input.on, ctx.actor);
        return { subject: input.id, after: { again: input.on }, result: input };
      }),
    ),
};
