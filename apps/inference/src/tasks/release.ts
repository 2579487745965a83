import type { OrganizationScope, TaskInfo, TaskReleaseInfo } from "@tugboat/db";
import { TaskError } from "../domain/tasks/errors.ts";

/**
 * Has a plan serve a share of the requests; the rest goes on as before.
 * @throws DatabaseError `not-found`
 */
export async function releasePlan(
  tx: Pick<OrganizationScope, "tasks">,
  task: Pick<TaskInfo, "id" | "name">,
  {
    actor,
    note,
    plan,
    shadow = false,
    share,
  }: { plan: number; share: number; note: string; actor: string; shadow?: boolean },
): Promise<TaskReleaseInfo> {
  const served = await tx.tasks.served(task.name);
  // With a canary running, what it is compared with stays.
  const before = served && (served.release.share < 100 ? served.release.previous : served.release.plan);
  const previous = share < 100 && before != null && before !== plan ? before : null;
  if (shadow && previous === null) {
    throw new TaskError(
      "refused",
      `Nothing else serves ${task.name}: plan ${plan} can't run in its shadow.`,
      "Ship a plan first, or give this one all requests.",
    );
  }
  return tx.tasks.addRelease(task.id, {
    plan,
    share: previous === null ? 100 : share,
    previous,
    shadow,
    action: "ship",
    note,
    createdBy: actor,
  });
}

/**
 * Has serve what served before the present release, as a new one.
 * @param to a release's number; undefined: the last one of another plan
 * @throws TaskError `not-shipped`
 */
export async function rollBack(
  tx: Pick<OrganizationScope, "tasks">,
  task: TaskInfo,
  {
    action = "roll-back",
    actor,
    note,
    to,
  }: { to?: number | undefined; actor: string; note: string; action?: "roll-back" | "stop" },
): Promise<TaskReleaseInfo> {
  const releases = await tx.tasks.releases(task.id);
  const [now] = releases;
  if (now === undefined)
    throw new TaskError("not-shipped", `${task.name} has never been shipped.`, "Ship a plan first.");
  const target =
    to === undefined
      ? now.previous !== null
        ? { plan: now.previous }
        : releases.find((one) => one.plan !== now.plan && one.share === 100)
      : releases.find(({ number }) => number === to);
  if (target === undefined) {
    throw new TaskError("not-shipped", `${task.name} has nothing to go back to.`, "It has served by one plan alone.");
  }
  return tx.tasks.addRelease(task.id, {
    plan: target.plan,
    share: 100,
    previous: null,
    shadow: false,
    action,
    note,
    createdBy: actor,
  });
}

/** The plan that answers: while another is in its shadow or a canary, the one before. */
export function answering({ plan, previous, shadow }: Pick<TaskReleaseInfo, "plan" | "previous" | "shadow">): number {
  return shadow ? (previous ?? plan) : plan;
}
