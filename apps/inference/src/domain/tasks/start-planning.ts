import type { OrganizationScope, TaskInfo, TaskPlanningInfo } from "@tugboat/db";
import { enqueueJob } from "../../jobs/enqueue.ts";
import { tasksPlanKind } from "../../jobs/kinds/tasks-plan-input.ts";

export type PlanningReason = "asked" | "model-joined" | "examples-changed" | "drift" | "deprecated";

/** Queues a search for a plan. While one of the task is queued or runs, that one is given back. */
export async function startPlanning(
  scope: OrganizationScope,
  task: TaskInfo,
  {
    actor,
    cause = null,
    minutes,
    reason,
  }: { actor: string; reason: PlanningReason; cause?: string | null; minutes: number },
): Promise<{ readonly planning: TaskPlanningInfo; readonly created: boolean }> {
  const running = await activePlanning(scope, task.id);
  if (running !== undefined) return { planning: running, created: false };
  const planning = await scope.taskPlannings.create({
    taskId: task.id,
    version: task.version,
    reason,
    cause,
    minutes,
    createdBy: actor,
  });
  const { job } = await enqueueJob(
    scope,
    tasksPlanKind,
    { planning: planning.id, actor },
    { createdBy: actor, subject: task.name, ...(reason !== "asked" && { priority: "background" as const }) },
  );
  await scope.taskPlannings.assign(planning.id, job.id);
  return { planning: { ...planning, jobId: job.id }, created: true };
}

/** The planning of a task that has not ended. */
export async function activePlanning(
  scope: Pick<OrganizationScope, "jobs" | "taskPlannings">,
  taskId: string,
): Promise<TaskPlanningInfo | undefined> {
  const [last] = await scope.taskPlannings.list({ taskId });
  if (last?.finishedAt !== null || last.jobId === null) return undefined;
  const { state } = await scope.jobs.get(last.jobId);
  return state === "queued" || state === "running" ? last : undefined;
}
