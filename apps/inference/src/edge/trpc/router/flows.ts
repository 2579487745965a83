import { z } from "zod";
import { applyFlow } from "../../../domain/flows/apply.ts";
import { readFlowYaml, storedFlow } from "../../../domain/flows/document.ts";
import { FlowError } from "../../../domain/flows/errors.ts";
import { graphOf } from "../../../domain/flows/graph.ts";
import { settledRun } from "../../../domain/flows/settle-run.ts";
import { startPlan } from "../../../domain/flows/start-plan.ts";
import { enqueueRun, startRun } from "../../../domain/flows/start-run.ts";
import { card, detail, graphStep, name, plan, problem, run, runDetail, yaml } from "../flow-shapes.ts";
import { namesFor, shownCard, shownDetail, shownPlan, shownRun, shownRunDetail } from "../flow-view.ts";
import { id } from "../shapes.ts";
import { orgProcedure, router } from "../trpc.ts";

export const flowsRouter = router({
  list: orgProcedure("flows:read")
    .output(z.object({ flows: z.array(card) }))
    .query(async ({ ctx }) => ({
      flows: await Promise.all((await ctx.scope.flows.list()).map((flow) => shownCard(ctx, flow))),
    })),

  get: orgProcedure("flows:read")
    .input(z.object({ name }))
    .output(detail)
    .query(async ({ ctx, input }) => shownDetail(ctx, await ctx.scope.flows.get(input.name))),

  /** Reads a document and says what is wrong with it, and where; keeps nothing. */
  check: orgProcedure("flows:write")
    .input(z.object({ yaml }))
    .output(z.object({ flow: z.string().nullable(), graph: z.array(graphStep), problem: problem.nullable() }))
    .mutation(async ({ ctx, input }) => {
      try {
        const { checked, document } = readFlowYaml(input.yaml, await namesFor(ctx));
        return { flow: document.flow, graph: graphOf(document, checked.steps), problem: null };
      } catch (error) {
        if (!(error instanceof FlowError)) throw error;
        const { hint, message, place } = error;
        const told = { message, hint, line: place?.line ?? null, column: place?.column ?? null };
        return { flow: null, graph: [], problem: told };
      }
    }),

  /** Makes a flow what its document says; applied again it changes nothing. */
  declare: orgProcedure("flows:write")
    .input(z.object({ yaml }))
    .output(z.object({ flow: z.string(), version: z.int(), created: z.boolean(), changes: z.array(z.string()) }))
    .mutation(async ({ ctx, input }) => {
      const { document } = readFlowYaml(input.yaml, await namesFor(ctx));
      return ctx.change(async (scope) => {
        const { changes, created, flow } = await applyFlow(scope, { document, yaml: input.yaml, actor: ctx.actor });
        const result = { flow: flow.name, version: flow.version, created, changes: [...changes] };
        return { subject: flow.name, after: { version: flow.version, changes }, result };
      });
    }),

  /** Begins a run; `flows.runDetail` tells how far it is. */
  run: orgProcedure("flows:write")
    .input(z.object({ name, input: z.unknown() }))
    .output(z.object({ run: id, job: id.nullable() }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const flow = await scope.flows.get(input.name);
        const apiKeyId = ctx.caller.kind === "key" ? ctx.caller.keyId : null;
        // Whoever runs it in the console looks at it; a program asks later.
        const urgent = ctx.caller.kind === "member";
        const begun = await startRun(scope, flow, { input: input.input, actor: ctx.actor, apiKeyId, urgent });
        return { subject: flow.name, after: { run: begun.id }, result: { run: begun.id, job: begun.jobId } };
      }),
    ),

  /** The newest first. */
  runs: orgProcedure("flows:read")
    .input(
      z.object({
        name: name.optional(),
        waiting: z.boolean().default(false),
        limit: z.int().min(1).max(200).default(30),
        cursor: id.optional(),
      }),
    )
    .output(z.object({ runs: z.array(run), nextCursor: id.nullable() }))
    .query(async ({ ctx, input: { cursor, limit, name: flowNamed, waiting } }) => {
      const flow = flowNamed === undefined ? undefined : await ctx.scope.flows.get(flowNamed);
      const found = await ctx.scope.flowRuns.list({
        ...(flow && { flowId: flow.id }),
        ...(waiting && { states: ["waiting"] }),
        ...(cursor !== undefined && { before: cursor }),
        limit: limit + 1,
      });
      const page = found.slice(0, limit);
      return {
        runs: await Promise.all(page.map((one) => shownRun(ctx, one))),
        nextCursor: found.length > limit ? (page.at(-1)?.id ?? null) : null,
      };
    }),

  runDetail: orgProcedure("flows:read")
    .input(z.object({ id }))
    .output(runDetail)
    .query(async ({ ctx, input }) =>
      shownRunDetail(ctx, await settledRun(ctx.scope, await ctx.scope.flowRuns.get(input.id))),
    ),

  /** Says yes or no to a step that waits for a person; the run goes on. */
  answer: orgProcedure("flows:write")
    .input(
      z.object({
        run: id,
        step: z.string().max(500),
        approved: z.boolean(),
        note: z.string().trim().max(2000).default(""),
      }),
    )
    .output(z.object({ run: id, job: id }))
    .mutation(({ ctx, input: { approved, note, run: runId, step } }) =>
      ctx.change(async (scope) => {
        const waiting = await scope.flowRuns.get(runId);
        const flow = await scope.flows.byId(waiting.flowId);
        await scope.flowRuns.answer(waiting.id, step, { approved, note, by: ctx.actor });
        const job = await enqueueRun(scope, { name: flow?.name ?? "" }, waiting, ctx.actor);
        const after = { step, approved, note };
        return { subject: waiting.id, after, result: { run: waiting.id, job } };
      }),
    ),

  /** Ends a run that is not over. What its steps did stays done. */
  cancel: orgProcedure("flows:write")
    .input(z.object({ run: id }))
    .output(z.object({ run: id }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const begun = await scope.flowRuns.get(input.run);
        if (!(await scope.flowRuns.move(begun.id, "cancelled"))) {
          throw new FlowError("refused", "This run is over.", "Look at it again.");
        }
        const job = begun.jobId === null ? undefined : await scope.jobs.get(begun.jobId);
        if (job?.state === "queued" || job?.state === "running") await scope.jobs.cancel(job.id);
        return { subject: begun.id, before: { state: begun.state }, result: { run: begun.id } };
      }),
    ),

  /** Measures the ways of each step and searches those that together hold what is required. */
  plan: orgProcedure("flows:write")
    .input(z.object({ name }))
    .output(z.object({ plan: z.int(), job: id }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const flow = await scope.flows.get(input.name);
        const { document } = await scope.flows.version(flow.id, flow.version);
        const result = await startPlan(scope, flow, storedFlow.parse(document), ctx.actor);
        return { subject: flow.name, after: result, result };
      }),
    ),

  planDetail: orgProcedure("flows:read")
    .input(z.object({ name, plan: z.int().min(1) }))
    .output(plan)
    .query(async ({ ctx, input }) => {
      const flow = await ctx.scope.flows.get(input.name);
      return shownPlan(await ctx.scope.flows.plan(flow.id, input.plan));
    }),

  /** Has runs take a plan's ways; null: the first way of each step. */
  usePlan: orgProcedure("flows:write")
    .input(z.object({ name, plan: z.int().min(1).nullable() }))
    .output(z.object({ flow: z.string(), plan: z.int().nullable() }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const flow = await scope.flows.get(input.name);
        const wanted = input.plan === null ? null : await scope.flows.plan(flow.id, input.plan);
        if (wanted !== null && (wanted.choices === null || wanted.version !== flow.version)) {
          const why = wanted.choices === null ? "has not ended" : `is of version ${wanted.version}`;
          throw new FlowError("not-ready", `Plan ${wanted.number} ${why}.`, "Plan again.");
        }
        const used = await scope.flows.usePlan(flow.id, input.plan);
        return {
          subject: flow.name,
          before: { plan: flow.plan },
          after: { plan: used.plan },
          result: { flow: flow.name, plan: used.plan },
        };
      }),
    ),

  remove: orgProcedure("flows:write")
    .input(z.object({ name }))
    .output(z.object({ name }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const flow = await scope.flows.get(input.name);
        await scope.flows.remove(flow.id);
        return { subject: flow.name, before: { version: flow.version }, result: { name: flow.name } };
      }),
    ),
});
