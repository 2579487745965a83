import { z } from "zod";
import { explainJson } from "../../../domain/planner/explain.ts";
import { planReport } from "../../../domain/planner/report.ts";
import { applyTask } from "../../../domain/tasks/apply.ts";
import { parseTaskYaml, storedDocument, type TaskDocument, taskYaml } from "../../../domain/tasks/document.ts";
import { draftFields, draftInstruction } from "../../../domain/tasks/draft.ts";
import { TaskError } from "../../../domain/tasks/errors.ts";
import { examplesOfRows, inputText, outputText, type TaskExample } from "../../../domain/tasks/examples.ts";
import { loadExamples } from "../../../domain/tasks/load-examples.ts";
import { taskRule } from "../../../domain/tasks/rule.ts";
import { startPlanning } from "../../../domain/tasks/start-planning.ts";
import { guessMapping, readTable } from "../../../domain/tuning/samples.ts";
import { textOf } from "../../../domain/tuning/text-bytes.ts";
import { explainTask, ruleOf, shipTask } from "../../../tasks/explain-task.ts";
import { rollBack } from "../../../tasks/release.ts";
import { aliasName, id } from "../shapes.ts";
import { orgProcedure, router, userIds } from "../trpc.ts";
import { card, detail, document, evidence, file, name, planning, release } from "./task-shapes.ts";
import { showCard, showDetail, showPlanning } from "./task-view.ts";

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
    .output(
      z.object({ proposals: z.array(planning.extend({ task: z.string(), sentence: z.string(), tree: z.string() })) }),
    )
    .query(async ({ ctx }) => {
      const open = await ctx.scope.taskPlannings.list({ proposal: "open" });
      const proposals = await Promise.all(
        open.map(async (row) => {
          const task = await ctx.scope.tasks.byId(row.taskId);
          const report = planReport.parse((await ctx.scope.taskPlannings.get(row.id)).report);
          const shown = await showPlanning(ctx.scope, row, new Map());
          return {
            ...shown,
            task: task?.name ?? "",
            sentence: report.sentence,
            tree: explainJson(report, report.entries[0], undefined).plan?.tree ?? "",
          };
        }),
      );
      return { proposals };
    }),

  /** Fields and an instruction made of a file's columns; keeps nothing. */
  draft: orgProcedure("tasks:write")
    .input(
      z.object({ file, answered: z.array(z.string()).min(1).optional(), asked: z.array(z.string()).min(1).optional() }),
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
    .mutation(({ input }) => {
      const table = readTable(textOf(Buffer.from(input.file.base64, "base64")));
      const guessed = guessMapping(table);
      const answered = input.answered ?? [guessed.output];
      const asked = input.asked ?? [guessed.input];
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
    .mutation(({ input }) => {
      try {
        const parsed = parseTaskYaml(input.yaml);
        const examples = input.file === undefined ? null : examplesOf(input.file.base64, parsed).length;
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
      const given = input.file === undefined ? undefined : examplesOf(input.file.base64, parsed);
      return ctx.change(async (scope) => {
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
        const { alias, anyway, name, note, plan, share } = input;
        const result = await shipTask(scope, { name, plan, alias, share, anyway, note, actor: ctx.actor });
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

type Scope = Parameters<typeof showPlanning>[0];

function examplesOf(base64: string, parsed: TaskDocument): TaskExample[] {
  const table = readTable(textOf(Buffer.from(base64, "base64")));
  // Columns may be written as people write them; fields are not.
  const columns = table.columns.map((one) => one.trim());
  const plain = (one: string) =>
    one
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "_")
      .replaceAll(/^_+|_+$/g, "");
  const fields = [...Object.keys(parsed.input), ...Object.keys(parsed.output)];
  const named = columns.map(
    (one) => fields.find((field) => field === one) ?? fields.find((field) => plain(field) === plain(one)) ?? one,
  );
  return examplesOfRows({ columns: named, rows: table.rows }, parsed);
}

/** A document that names the file it came with before keeps that file's examples. */
async function keptBefore(scope: Scope, parsed: TaskDocument): Promise<TaskExample[] | undefined> {
  const task = await scope.tasks.find(parsed.task);
  if (task === null) return undefined;
  const version = await scope.tasks.version(task.id, task.version);
  const before = storedDocument.parse(version.document);
  if (version.examples === null || before.examples !== parsed.examples) return undefined;
  const { examples } = await loadExamples(scope, before, version);
  return examples.map(({ expected, input }) => {
    const [one] = examplesOfRows(
      {
        columns: [...Object.keys(input), ...Object.keys(expected)],
        rows: [
          [...Object.values(input), ...Object.values(expected)].map((value) =>
            typeof value === "string" ? value : JSON.stringify(value),
          ),
        ],
      },
      parsed,
    );
    if (one === undefined) throw new Error("a row without an example");
    return one;
  });
}

function shown({ input, output, ...rest }: TaskDocument) {
  return { ...rest, input: { ...input }, output: { ...output } };
}
