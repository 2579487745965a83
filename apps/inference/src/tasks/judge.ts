import type { OrganizationScope } from "@tugboat/db";
import { addMonitor, monitorsOf, type OnlineMonitor, removeMonitor } from "../domain/evaluations/online.ts";
import type { TaskRule } from "../domain/tasks/rule.ts";

type Judge = TaskRule["judge"];

/**
 * Has a share of a task's live answers judged, or ends that: by the same monitors as any model's answers.
 * @throws EvaluationError for an evaluator that can't judge an answer by itself
 */
export async function setJudge(scope: OrganizationScope, task: string, before: Judge, after: Judge): Promise<void> {
  if (before?.evaluator === after?.evaluator && before?.share === after?.share) return;
  for (const { evaluator, id } of before === null ? [] : await monitorsOfTask(scope, task)) {
    if (evaluator === before?.evaluator) await removeMonitor(scope, id);
  }
  if (after !== null) await addMonitor(scope, { model: `task:${task}`, ...after });
}

export async function monitorsOfTask(scope: OrganizationScope, task: string): Promise<OnlineMonitor[]> {
  return (await monitorsOf(scope)).filter(({ model }) => model === `task:${task}`);
}

/** What a judge found to have become worse since a release, as a sentence; the newest. */
export function fallen(monitors: readonly OnlineMonitor[], since: Date): string | undefined {
  const alarms = monitors.flatMap(({ alarms, evaluator }) =>
    alarms.flatMap(({ at, direction, mean, usual }) =>
      direction === "down" && Date.parse(at) > since.getTime() ? [{ at, evaluator, mean, usual }] : [],
    ),
  );
  const last = alarms.sort((a, b) => (a.at < b.at ? 1 : -1))[0];
  if (last === undefined) return undefined;
  const { at, evaluator, mean, usual } = last;
  return `${evaluator} judges live answers ${mean.toFixed(2)} instead of ${usual.toFixed(2)} since ${at.slice(0, 10)}`;
}
