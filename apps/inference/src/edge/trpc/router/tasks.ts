import { z } from "zod";
import { planReport } from "../../../domain/planner/report.ts";
import { applyTask } from "../../../domain/tasks/apply.ts";
import { parseTaskYaml, storedDocument, type TaskDocument, taskYaml } from "../../../domain/tasks/document.ts";
import { draftFields, draftInstruction } from "../../../domain/tasks/draft.ts";
import { TaskError } from "../../../domain/tasks/errors.ts";
import { inputText, outputText } from "../../../domain/tasks/examples.ts";
import { loadExamples } from "../../../domain/tasks/load-examples.ts";
import { taskRule } from "../../../domain/tasks/rule.ts";
import { startPlanning } from "../../../domain/tasks/start-planning.ts";
import { explainTask, ruleOf, shipTask } from "../../../tasks/explain-task.ts";
import { setJudge } from "../../../tasks/judge.ts";
import { evaluatorOf } from "../../../tasks/measure.ts";
import { rollBack } from "../../../tasks/release.ts";
import { aliasName, id } from "../shapes.ts";
import { orgProcedure, router, userIds } from "../trpc.ts";
import { draftedRows, examplesOf, keptBefore } from "./task-examples.ts";
import { card, detail, document, evidence, file, name, planning, proposal, release } from "./task-shapes.ts";
import { showCard, showDetail, showPlanning, showProposal } from "./task-view.ts";

const yaml = z.string().max(200_000, "A task's document has at most 200,000 characters.");

export const tasksRouter = router({
  list: orgProcedure("tasks:read")
    .output(z.object({ tasks: z.array(card) }))
    .query(async ({ ctx }) => ({
      tasks: await Promise.all((await ctx.scope.tasks.list()).map((task) => showCard(ctx, task))),
    })),

  get: orgProcedure("tasks:read")
    .input(z.object({ name }))
    .output(detail)
    .query(async ({ ctx, input }) => showDetail(ctx, await ctx.scope.tasks.get(input.name))),

  /** What waits for somebody to say yes: plans that were found by themselves and are better than what serves. */
  proposals: orgProcedure("tasks:read")
    .output(z.object({ proposals: z.array(proposal) }))
    .query(async ({ ctx }) => {
      const open = await ctx.scope.taskPlannings.list({ proposal: "open" });
      return { proposals: await Promise.all(open.map((row) => showProposal(ctx.scope, row))) };
    }),

  /** Fields and an instruction made of the columns of a file or of a dataset; keeps nothing. */
  draft: orgProcedure("tasks:write")
    .input(
      z
        .object({
          file: file.optional(),
          /** `name`, or `name@version`. */
          dataset: z.string().max(400).optional(),
          answered: z.array(z.string()).min(1).optional(),
          asked: z.array(z.string()).min(1).optional(),
        })
        .refine(({ dataset, file }) => (file === undefined) !== (dataset === undefined), "A file, or a dataset."),
    )
    .output(
      z.object({
        columns: z.array(z.string()),
        rows: z.int(),
        asked: z.array(z.string()),
        answered: z.array(z.string()),
        input: document.shape.input,
        output: document.shape.output,
        instruction: z.string(),
        preview: z.array(z.record(z.string(), z.string())),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const table = await draftedRows(ctx, input);
      const answered = input.answered ?? table.answered.slice(0, 1);
      const asked = input.asked ?? [...table.asked];
      const drafted = draftFields(table, answered, asked);
      return {
        columns: [...table.columns],
        rows: table.rows.length,
        asked,
        answered,
        input: drafted.input,
        output: drafted.output,
        instruction: draftInstruction(drafted),
        preview: table.rows
          .slice(0, 5)
          .map((row) => Object.fromEntries(table.columns.map((column, i) => [column, row[i]?.slice(0, 200) ?? ""]))),
      };
    }),

  /** Reads a document and its examples and says what applying would change; keeps nothing. */
  check: orgProcedure("tasks:write")
    .input(z.object({ yaml, file: file.optional() }))
    .output(
      z.object({
        document: document.nullable(),
        yaml: z.string().nullable(),
        examples: z.int().nullable(),
        problem: z
          .object({ message: z.string(), hint: z.string(), line: z.int().nullable(), column: z.int().nullable() })
          .nullable(),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      try {
        const parsed = parseTaskYaml(input.yaml);
        await evaluatorOf(ctx.scope, parsed);
        const examples = input.file === undefined ? null : (await examplesOf(ctx, input.file, parsed)).length;
        return { document: shown(parsed), yaml: taskYaml(parsed), examples, problem: null };
      } catch (error) {
        if (!(error instanceof TaskError)) throw error;
        const { hint, message, place } = error;
        return {
          document: null,
          yaml: null,
          examples: null,
          problem: { message, hint, line: place?.line ?? null, column: place?.column ?? null },
        };
      }
    }),

  /** Makes a task what its document says; applied again it changes nothing. */
  declare: orgProcedure("tasks:write")
    .input(z.object({ yaml, file: file.optional() }))
    .output(z.object({ task: z.string(), version: z.int(), created: z.boolean(), changes: z.array(z.string()) }))
    .mutation(async ({ ctx, input }) => {
      const parsed = parseTaskYaml(input.yaml);
      const given = input.file === undefined ? undefined : await examplesOf(ctx, input.file, parsed);
      return ctx.change(async (scope) => {
        await evaluatorOf(scope, parsed);
        const examples = given ?? (await keptBefore(scope, parsed));
        if (examples === undefined) await loadExamples(scope, parsed, { examples: null });
        const { changes, created, task } = await applyTask(scope, { document: parsed, examples, actor: ctx.actor });
        const result = { task: task.name, version: task.version, created, changes: [...changes] };
        return { subject: task.name, after: { version: task.version, changes }, result };
      });
    }),

  /** Searches for a plan; its job tells how far it is. */
  plan: orgProcedure("tasks:write")
    .input(
      z.object({
        name,
        minutes: z
          .number()
          .min(0.05)
          .max(24 * 60)
          .default(5),
      }),
    )
    .output(z.object({ planning: id, job: id.nullable() }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const task = await scope.tasks.get(input.name);
        const { planning: begun } = await startPlanning(scope, task, {
          actor: ctx.actor,
          minutes: input.minutes,
          reason: "asked",
        });
        return {
          subject: task.name,
          after: { minutes: input.minutes },
          result: { planning: begun.id, job: begun.jobId },
        };
      }),
    ),

  planning: orgProcedure("tasks:read")
    .input(z.object({ id }))
    .output(planning.extend({ report: planReport.nullable() }))
    .query(async ({ ctx, input }) => {
      const row = await ctx.scope.taskPlannings.get(input.id);
      const names = await ctx.management.database.people.names(userIds([row.createdBy]));
      return { ...(await showPlanning(ctx.scope, row, names)), report: planReport.nullable().parse(row.report) };
    }),

  /** EXPLAIN: the plan that serves, or another, and why every other one lost. */
  explain: orgProcedure("tasks:read")
    .input(z.object({ name, plan: z.int().optional() }))
    .output(z.looseObject({ task: z.string(), measurements: z.int() }))
    .query(({ ctx, input }) => explainTask(ctx.scope, input.name, input.plan)),

  /** What a plan's steps answered to each held-out example: the evidence of its figures. */
  evidence: orgProcedure("tasks:read")
    .input(z.object({ name, candidate: z.string().max(100) }))
    .output(evidence)
    .query(async ({ ctx, input }) => {
      const task = await ctx.scope.tasks.get(input.name);
      const version = await ctx.scope.tasks.version(task.id, task.version);
      const parsed = storedDocument.parse(version.document);
      const { examples } = await loadExamples(ctx.scope, parsed, version);
      const byDigest = new Map(examples.map((one) => [one.digest, one]));
      const measured = await ctx.scope.taskPlannings.measurements(task.id, [input.candidate]);
      const text = z.object({ text: z.string() });
      return {
        name: input.candidate,
        answers: measured.flatMap((one) => {
          const example = byDigest.get(one.example);
          if (example === undefined) return [];
          const { confidence, costMicroUsd, latencyMs, score } = one;
          const answer = text.safeParse(one.answer).data?.text ?? "";
          return [
            {
              input: inputText(example.input).slice(0, 1000),
              expected: outputText(example.expected),
              answer,
              score,
              confidence,
              latencyMs,
              costMicroUsd,
            },
          ];
        }),
      };
    }),

  /** Has a plan serve, all requests or a share of them. */
  ship: orgProcedure("tasks:write")
    .input(
      z.object({
        name,
        /** Absent: the one that the newest planning chose. */
        plan: z.int().min(1).optional(),
        share: z.int().min(1).max(100).default(100),
        /** Asked too for its share of the requests, while what serves answers them all; what both say is compared. */
        shadow: z.boolean().default(false),
        /** Another name that requests may have for the task. */
        alias: aliasName.optional(),
        /** Although it does not meet what is required. */
        anyway: z.boolean().default(false),
        note: z.string().max(500).default(""),
      }),
    )
    .output(z.object({ task: z.string(), plan: z.int(), share: z.int(), release: z.int(), model: z.string() }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const { alias, anyway, name, note, plan, shadow, share } = input;
        const result = await shipTask(scope, { name, plan, alias, share, shadow, anyway, note, actor: ctx.actor });
        return { subject: name, after: result, result };
      }),
    ),

  /** Has serve what served before, or at an earlier release. */
  rollBack: orgProcedure("tasks:write")
    .input(z.object({ name, release: z.int().min(1).optional() }))
    .output(z.object({ release: release.omit({ createdByName: true }) }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const task = await scope.tasks.get(input.name);
        const made = await rollBack(scope, task, { to: input.release, actor: ctx.actor, note: "" });
        const shownRelease = { ...made, createdAt: made.createdAt.toISOString() };
        return { subject: task.name, after: shownRelease, result: { release: shownRelease } };
      }),
    ),

  dismiss: orgProcedure("tasks:write")
    .input(z.object({ planning: id }))
    .output(z.object({ id }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const row = await scope.taskPlannings.get(input.planning);
        await scope.taskPlannings.setProposal(row.id, "dismissed");
        return { subject: row.id, after: { proposal: "dismissed" }, result: { id: row.id } };
      }),
    ),

  setRule: orgProcedure("tasks:write")
    .input(z.object({ name, rule: taskRule.omit({ aliases: true }).partial() }))
    .output(taskRule)
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const task = await scope.tasks.get(input.name);
        const before = ruleOf(task);
        const after = taskRule.parse({ ...before, ...input.rule });
        await setJudge(scope, task.name, before.judge, after.judge);
        await scope.tasks.setRule(task.id, after);
        return { subject: task.name, before, after, result: after };
      }),
    ),

  remove: orgProcedure("tasks:write")
    .input(z.object({ name }))
    .output(z.object({ name }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const task = await scope.tasks.get(input.name);
        await scope.tasks.remove(task.id);
        return { subject: task.name, before: { version: task.version }, result: { name: task.name } };
      }),
    ),
});

function shown({ input, output, ...rest }: TaskDocument) {
  return { ...rest, input: { ...input }, output: { ...output } };
}
