import { availableParallelism, cpus } from "node:os";
import { z } from "zod";
import type { Answer } from "../../domain/asking/answer.ts";
import { askPatiently } from "../../domain/asking/patiently.ts";
import type { PlanProgress } from "../../domain/planner/report.ts";
import { storedDocument } from "../../domain/tasks/document.ts";
import { loadExamples } from "../../domain/tasks/load-examples.ts";
import { taskRule } from "../../domain/tasks/rule.ts";
import { basisOf, factsOf, splitTask } from "../../tasks/examples-split.ts";
import { finishPlanning, shippable } from "../../tasks/finish-planning.ts";
import { evaluatorOf, measureOf } from "../../tasks/measure.ts";
import { readModelFacts } from "../../tasks/model-facts.ts";
import { Planning } from "../../tasks/planning.ts";
import { answering } from "../../tasks/release.ts";
import { reword } from "../../tasks/reword.ts";
import type { AskModel } from "../../tasks/run-step.ts";
import { baseFor, tuneFor } from "../../tasks/tune.ts";
import { defineJob, JobError } from "../define.ts";
import { tasksPlanKind } from "./tasks-plan-input.ts";

/** How often the row that people watch is written. */
const noteMs = 700;

/**
 * One search for a plan: measures candidates on the held-out examples until the race or the time is over. Every answer is
 * kept as it comes, so that a killed run goes on behind the last one, and the next planning asks for what is new alone.
 */
export const planTask = defineJob({
  ...tasksPlanKind,
  result: z.object({ planning: z.string(), plan: z.int().nullable(), sentence: z.string() }),
  checkpoint: z.object({ spentMs: z.number(), asked: z.int() }),
  backoff: { firstMs: 1000, mostMs: 30_000 },
  async run({ checkpoint = { spentMs: 0, asked: 0 }, commit, input, log, progress, save, scope, services, signal }) {
    const { ask } = services;
    if (ask === undefined) throw new JobError("No model is served by the process that runs jobs.", { final: true });
    const row = await scope.taskPlannings.get(input.planning);
    const task = await scope.tasks.byId(row.taskId);
    if (task === null) throw new JobError("The task is gone.", { final: true });
    const version = await scope.tasks.version(task.id, row.version);
    const document = storedDocument.parse(version.document);
    const loaded = await loadExamples(scope, document, version).catch(finalError);
    const split = splitTask(loaded.examples, document);
    let models = await readModelFacts(scope);
    if (models.length === 0) {
      throw new JobError("There is no model to plan with.", { hint: "Add one: `tug models add`.", final: true });
    }
    const begun = performance.now();
    const spent = () => checkpoint.spentMs + performance.now() - begun;
    const budgetMs = row.minutes * 60_000;
    const asking = { organizationId: scope.id, work: { kind: "planning" as const, subject: row.id } };
    const askModel: AskModel = (request) =>
      within(Math.max(leastMs, budgetMs - spent()), signal, (until) =>
        askPatiently(ask, { ...request, ...asking, signal: until }),
      );
    // What does not answer at once rewrites nothing: it is measured later than others, if at all.
    const askOnce: AskModel = (request) =>
      within(Math.min(rewordMs, budgetMs / 4), signal, (until) => ask({ ...request, ...asking, signal: until }));
    const measure = measureOf(document, await evaluatorOf(scope, document).catch(finalError), askModel);
    const served = await scope.tasks.served(task.name);
    const basis = basisOf(document, split, measure.key);
    const wordings = await reword(document, split.learnt, models, askOnce);
    const records = await scope.taskPlannings.records(2000);
    const begin = async (asked: number) =>
      new Planning({
        document,
        split,
        facts: factsOf(loaded.examples, split, document),
        basis,
        models,
        wordings,
        records,
        kept: await scope.taskPlannings.measurements(task.id),
        served: served?.plans.find(({ number }) => number === answering(served.release))?.spec,
        budgetMs,
        spentMs: spent,
        asked,
        ask: askModel,
        score: measure.score,
        keep: (measured) => scope.taskPlannings.measure(task.id, measured),
        signal,
      });
    let planning = await begin(checkpoint.asked);
    let noted = 0;
    const note = async (told: PlanProgress) => {
      const { exhaustive, measurements, stage } = told;
      progress({ stage, done: Math.min(measurements, exhaustive), total: exhaustive });
      if (performance.now() - noted < noteMs) return;
      noted = performance.now();
      await scope.taskPlannings.note(row.id, told);
      await save({ spentMs: spent(), asked: planning.asked });
    };
    planning.onProgress = note;
    let found = await planning.run();
    const [cpu] = cpus();
    const device = `${services.training.device}, ${availableParallelism()} × ${cpu?.model ?? "CPU"}`;
    const facts = { version: row.version, examples: loaded.name, device };
    let report = planning.report(found, facts);
    const base = baseFor({ document, learnt: split.learnt.length, leftMs: budgetMs - spent(), models, report });
    const tuned =
      base &&
      (await tuneFor(scope, {
        ...{ task: task.name, document, learnt: split.learnt, basis: basis.learnt, base, actor: input.actor, signal },
        // What is tuned is to be measured too, before the race ends.
        leftMs: () => budgetMs * tuningEnds - spent(),
        tell: (stage) => planning.tell(stage),
      }));
    if (tuned !== undefined) {
      // What was measured is kept: only what is new is asked.
      models = await readModelFacts(scope);
      planning = await begin(planning.asked);
      planning.onProgress = note;
      found = await planning.run();
      report = planning.report(found, facts);
    }
    await planning.complete(report, shippable);
    log.info({ task: task.name, measurements: report.measurements, exhaustive: report.exhaustive }, "planned");
    return commit((tx) =>
      finishPlanning(tx, {
        row,
        task,
        report,
        artifactOf: (entry) => planning.artifact(entry),
        records: planning.learnt(task.id, report),
        rule: taskRule.catch(taskRule.parse({})).parse(task.rule),
        actor: input.actor,
      }),
    );
  },
});

/** A tuning run for the task ends at this share of the time. */
const tuningEnds = 0.75;
/** A request may take so long although the planning's time is nearly over, and a rewording at most so long. */
const leastMs = 30_000;
const rewordMs = 30_000;

/** An answer that comes in time, else the refusal that says so. @throws the signal's reason */
async function within(ms: number, signal: AbortSignal, run: (until: AbortSignal) => Promise<Answer>): Promise<Answer> {
  const late = AbortSignal.timeout(Math.ceil(ms));
  try {
    return await run(AbortSignal.any([signal, late]));
  } catch (error) {
    if (!late.aborted || signal.aborted) throw error;
    const message = "It did not answer within the time that the planning had.";
    return { ok: false, id: "", status: 504, code: "too_late", message, again: false, latencyMs: ms };
  }
}

/** What the declaration is to blame for is not tried again. */
function finalError(error: unknown): never {
  if (!(error instanceof Error)) throw error;
  const hint = "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
  throw new JobError(error.message, { final: true, cause: error, ...(hint !== undefined && { hint }) });
}
