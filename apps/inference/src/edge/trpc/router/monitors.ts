import { z } from "zod";
import {
  addMonitor,
  falseAlarmEvery,
  groupSize,
  monitorsOf,
  onlineMonitor,
  removeMonitor,
} from "../../../domain/evaluations/online.ts";
import { orgProcedure, router } from "../trpc.ts";

const monitor = onlineMonitor
  .pick({
    id: true,
    model: true,
    evaluator: true,
    share: true,
    judged: true,
    unjudged: true,
    recent: true,
    alarms: true,
  })
  .extend({ mean: z.number().nullable() });

/** Live traffic, judged as it comes. */
export const monitorsRouter = router({
  list: orgProcedure("evaluations:read")
    .output(
      z.object({
        monitors: z.array(monitor),
        /** On average, a false alarm comes once in so many judged answers. */
        falseAlarmEvery: z.int(),
      }),
    )
    .query(async ({ ctx }) => ({
      monitors: (await monitorsOf(ctx.scope)).map(({ sum, ...one }) => ({
        ...monitor.omit({ mean: true }).parse(one),
        mean: one.judged === 0 ? null : sum / one.judged,
      })),
      falseAlarmEvery: falseAlarmEvery * groupSize,
    })),

  add: orgProcedure("evaluations:write")
    .input(
      z.object({
        model: z.string().trim().min(1).max(512),
        evaluator: z.string().trim().min(1).max(120),
        /** Of the requests: 0.1 is one in ten. */
        share: z.number().min(0.001).max(1),
      }),
    )
    .output(z.object({ id: z.string() }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const { id } = await addMonitor(scope, input);
        return { subject: id, after: input, result: { id } };
      }),
    ),

  remove: orgProcedure("evaluations:write")
    .input(z.object({ id: z.uuid() }))
    .output(z.object({ id: z.string() }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        await removeMonitor(scope, input.id);
        return { subject: input.id, result: input };
      }),
    ),
});
