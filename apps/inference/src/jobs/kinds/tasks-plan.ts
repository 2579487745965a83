import { availableParallelism, cpus } from "node:os";
import { z } from "zod";
import { askPatiently } from "../../domain/asking/patiently.ts";
import { storedDocument } from "../../domain/tasks/document.ts";
import { loadExamples } from "../../domain/tasks/load-examples.ts";
import { taskRule } from "../../domain/tasks/rule.ts";
import { basisOf, factsOf, splitTask } from "../../tasks/examples-split.ts";
import { finishPlanning } from "../../tasks/finish-planning.ts";
import { evaluatorOf, measureOf } from "../../tasks/measure.ts";
import { readModelFacts } from "../../tasks/model-facts.ts";
import { Planning } from "../../tasks/planning.ts";
import type { AskModel } from "../../tasks/run-step.ts";
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
    const models = await readModelFacts(scope);
    if (models.length === 0) {
      throw new JobError("There is no model to plan with.", { hint: "Add one: `tug models add`.", final: true });
    }
    const askModel: AskModel = (request) =>
      askPatiently(ask, {
        ...request,
        organizationId: scope.id,
        work: { kind: "planning", subject: row.id },
        signal,
      });
    const measure = measureOf(document, await evaluatorOf(scope, document).catch(finalError), askModel);
    const begun = performance.now();
    const spent = () => checkpoint.spentMs + performance.now() - begun;
    const served = await scope.tasks.served(task.name);
    const planning = new Planning({
      document,
      split,
      facts: factsOf(loaded.examples, split, document),
      basis: basisOf(document, split, measure.key),
      models,
      records: await scope.taskPlannings.records(2000),
      kept: await scope.taskPlannings.measurements(task.id),
      served: served?.plans.find(({ number }) => number === served.release.plan)?.spec,
      budgetMs: row.minutes * 60_000,
      spentMs: spent,
      asked: checkpoint.asked,
      ask: askModel,
      score: measure.score,
      keep: (measured) => scope.taskPlannings.measure(task.id, measured),
      signal,
    });
    let noted = 0;
    planning.onProgress = async (told) => {
      const { exhaustive, measurements, stage } = told;
      progress({ stage, done: Math.min(measurements, exhaustive), total: exhaustive });
      if (performance.now() - noted < noteMs) return;
      noted = performance.now();
      await scope.taskPlannings.note(row.id, told);
      await save({ spentMs: spent(), asked: planning.asked });
    };
    const found = await planning.run();
    const [cpu] = cpus();
    const device = `${services.training.device}, ${availableParallelism()} × ${cpu?.model ?? "CPU"}`;
    const report = planning.report(found, { version: row.version, examples: loaded.name, device });
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

/** What the declaration is to blame for is not tried again. */
function finalError(error: unknown): never {
  if (!(error instanceof Error)) throw error;
  const hint = "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
  throw new JobError(error.message, { final: true, cause: error, ...(hint !== undefined && { hint }) });
}
