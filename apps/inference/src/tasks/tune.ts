import { setTimeout as pause } from "node:timers/promises";
import type { OrganizationScope } from "@tugboat/db";
import { defaultConfig } from "@tugboat/tuning";
import type { ModelFacts } from "../domain/planner/cost-model.ts";
import type { PlanReport } from "../domain/planner/report.ts";
import type { TaskDocument } from "../domain/tasks/document.ts";
import { inputText, outputText, type TaskExample } from "../domain/tasks/examples.ts";
import { labelsOf, onlyField } from "../domain/tasks/fields.ts";
import { recordedRun, slugOf, startRun } from "../domain/tuning/start.ts";
import { stopRun } from "../domain/tuning/stop.ts";

/** Less time teaches nothing, and fewer examples neither. */
const leastMs = 150_000;
const fewestLearnt = 20;
/** Of the time that is left, for the tuning itself; the rest is for measuring what came out. */
const share = 0.7;
const lookMs = 1000;

/**
 * Which model is to be tuned for a task, if any: where what was found does not hold what is required or could be better, the
 * examples are enough, and time is left. The one that did best without tuning; answers of several fields are not taught.
 */
export function baseFor({
  document,
  learnt,
  leftMs,
  models,
  report,
}: {
  readonly document: TaskDocument;
  readonly learnt: number;
  readonly leftMs: number;
  readonly models: readonly ModelFacts[];
  readonly report: Pick<PlanReport, "entries" | "met">;
}): string | undefined {
  const isTaught = labelsOf(document.output) !== undefined || onlyField(document.output)?.type === "string";
  const isWanted = !report.met || document.prefer === "quality";
  if (!isTaught || !isWanted || learnt < fewestLearnt || leftMs < leastMs) return undefined;
  const able = models.filter(
    ({ fits, kind, retired, tunedWith }) => kind === "model" && fits && retired === undefined && tunedWith === null,
  );
  const scoreOf = (name: string) =>
    Math.max(
      0,
      ...report.entries.flatMap(({ figures, spec }) =>
        spec.kind === "single" && spec.step.kind === "prompt" && spec.step.model === name ? [figures.score] : [],
      ),
    );
  return [...able].sort(
    (a, b) =>
      scoreOf(b.name) - scoreOf(a.name) || (b.parameters ?? 0) - (a.parameters ?? 0) || (a.name < b.name ? -1 : 1),
  )[0]?.name;
}

export interface TuneFor {
  readonly task: string;
  readonly document: TaskDocument;
  /** What may be learnt from; nothing that is measured on is shown to it. */
  readonly learnt: readonly TaskExample[];
  /** Names what may be learnt from: the same examples are learnt from once. */
  readonly basis: string;
  readonly base: string;
  readonly actor: string;
  readonly leftMs: () => number;
  readonly tell: (stage: string) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Tunes a model for a task by an ordinary tuning run, which everybody sees and may stop.
 * @returns the tuned model's name; undefined where the run failed, was stopped, took too long, or was made before
 * @throws the signal's reason; the run goes on, and the next attempt waits for it
 */
export async function tuneFor(scope: OrganizationScope, wanted: TuneFor): Promise<string | undefined> {
  const { actor, base, basis, document, learnt, leftMs, signal, task, tell } = wanted;
  const name = slugOf(`${task}-${basis.slice(0, 8)}`);
  const before = (await scope.tuningRuns.list()).find((one) => one.name === name);
  // One that ended has its adapter in the catalog, or none came out.
  if (before !== undefined && (before.tunedModel !== null || !(await isUnderWay(scope, before.jobId))))
    return undefined;
  const minutes = Math.max(1, (leftMs() * share) / 60_000);
  const instruction = document.instruction.length <= 2000 ? document.instruction : null;
  const run =
    before ??
    (await scope.transaction(async (tx) => {
      const examples = learnt.map(({ expected, input }) => ({ input: inputText(input), output: outputText(expected) }));
      const begun = await startRun(tx, {
        ...{ name, model: base, minutes, config: { ...defaultConfig, instruction }, examples, actor },
      });
      const after = recordedRun(begun.run, examples.length);
      await tx.audit.append({ actor, action: "tuning.create", subject: begun.run.id, after });
      return begun.run;
    }));
  for (;;) {
    await pause(lookMs, undefined, { signal });
    const now = await scope.tuningRuns.get(run.id);
    if (!(await isUnderWay(scope, now.jobId))) return now.tunedModel ?? undefined;
    await tell(`tuning ${base}: ${now.stage}`);
    if (leftMs() > 0) continue;
    await stopRun(scope, now);
    return undefined;
  }
}

async function isUnderWay(scope: OrganizationScope, jobId: string | null): Promise<boolean> {
  if (jobId === null) return false;
  const { state } = await scope.jobs.get(jobId);
  return state === "queued" || state === "running";
}
