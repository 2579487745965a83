import type { OrganizationScope, TaskInfo, TaskLiveInfo, TaskPlanInfo, TaskReleaseInfo } from "@tugboat/db";
import { z } from "zod";
import { explainJson, type Shipped } from "../domain/planner/explain.ts";
import { planSpec } from "../domain/planner/plan.ts";
import { type PlanReport, planReport } from "../domain/planner/report.ts";
import { TaskError } from "../domain/tasks/errors.ts";
import { canonical } from "../domain/tasks/examples.ts";
import { taskRule } from "../domain/tasks/rule.ts";
import { answering, releasePlan } from "./release.ts";

export type Release = Pick<TaskReleaseInfo, "plan" | "share" | "createdAt" | "previous" | "shadow">;

export function ruleOf({ rule }: Pick<TaskInfo, "rule">) {
  return taskRule.catch(taskRule.parse({})).parse(rule);
}

/** The entry of a report that EXPLAIN is about: what serves when the report knows it, else what was found. */
export function entryShown(
  report: PlanReport,
  plans: readonly TaskPlanInfo[],
  release: Release | undefined,
  wanted?: number,
) {
  const number = wanted ?? (release && answering(release));
  const plan = plans.find((one) => one.number === number);
  const spec = plan && canonical(planSpec.parse(plan.spec));
  return (
    report.entries.find((one) => one.plan === number && number !== undefined) ??
    report.entries.find((one) => canonical(one.spec) === spec) ??
    (wanted === undefined ? report.entries[0] : undefined)
  );
}

export function shippedOf(
  entry: PlanReport["entries"][number] | undefined,
  release: Release | undefined,
  hours: readonly TaskLiveInfo[],
): Shipped | undefined {
  if (entry === undefined || release === undefined || entry.plan !== answering(release)) return undefined;
  const mine = hours.filter(({ plan }) => plan === entry.plan);
  const requests = mine.reduce((sum, one) => sum + one.requests, 0);
  const cached = mine.reduce((sum, one) => sum + one.cached, 0);
  return {
    plan: answering(release),
    at: release.createdAt,
    share: release.shadow ? 100 : release.share,
    cached: requests === 0 ? null : cached / requests,
  };
}

/**
 * EXPLAIN: the plan that serves, or another, and why every other one lost.
 * @param planningId of one planning; undefined: of the newest that knows the plan
 * @throws TaskError `not-planned`
 */
export async function explainTask(
  scope: OrganizationScope,
  name: string,
  wanted: number | undefined,
  planningId?: string,
) {
  const task = await scope.tasks.get(name);
  const latest =
    planningId === undefined ? await scope.taskPlannings.latest(task.id) : await scope.taskPlannings.get(planningId);
  if (latest === null)
    throw new TaskError("not-planned", `${task.name} was not planned yet.`, `\`tug plan ${task.name}\` finds a plan.`);
  const [plans, releases] = await Promise.all([scope.tasks.plans(task.id), scope.tasks.releases(task.id)]);
  const plan = wanted === undefined ? undefined : plans.find(({ number }) => number === wanted);
  if (wanted !== undefined && plan === undefined) {
    throw new TaskError(
      "not-planned",
      `${task.name} has no plan ${wanted}.`,
      `There are: ${plans.map(({ number }) => number).join(", ")}.`,
    );
  }
  const [release] = releases;
  let report = planReport.parse(latest.report);
  // A plan that the newest planning did not measure is explained by the one that made it.
  if (plan !== undefined && entryShown(report, plans, release, wanted) === undefined) {
    report = planReport.parse((await scope.taskPlannings.get(plan.planningId)).report);
  }
  const shownEntry = entryShown(report, plans, release, wanted);
  const live = await scope.taskPlannings.live(task.id, new Date(Date.now() - 48 * 3_600_000));
  return explainJson(report, shownEntry, shippedOf(shownEntry, release, live));
}

export interface Shipping {
  readonly name: string;
  /** Undefined: the one that the newest planning chose. */
  readonly plan: number | undefined;
  readonly alias: string | undefined;
  readonly share: number;
  /** Asked too, without its answers being given. */
  readonly shadow: boolean;
  readonly anyway: boolean;
  readonly note: string;
  readonly actor: string;
}

/**
 * Has a plan serve a task, or a share of its requests.
 * @throws TaskError `not-planned`, `refused`
 */
export async function shipTask(
  scope: OrganizationScope,
  { actor, alias, anyway, name, note, plan: wanted, shadow, share: part }: Shipping,
) {
  const task = await scope.tasks.get(name);
  const latest = await scope.taskPlannings.latest(task.id);
  const number = wanted ?? latest?.plan ?? undefined;
  const plans = await scope.tasks.plans(task.id);
  const plan = plans.find((one) => one.number === number);
  if (plan === undefined) {
    throw number === undefined
      ? new TaskError("not-planned", `${task.name} has no plan yet.`, `Plan it first: \`tug plan ${task.name}\`.`)
      : new TaskError(
          "not-planned",
          `${task.name} has no plan ${number}.`,
          `There are: ${plans.map((one) => one.number).join(", ") || "none"}.`,
        );
  }
  const { meets } = z.object({ meets: z.boolean() }).parse(plan.promise);
  if (!meets && !anyway && !shadow) {
    throw new TaskError(
      "refused",
      `Plan ${plan.number} does not meet what ${task.name} requires.`,
      "It can be shipped all the same, if you say so (`--anyway`).",
    );
  }
  const { number: release, share } = await releasePlan(scope, task, {
    plan: plan.number,
    share: shadow ? Math.min(part, 99) : part,
    note,
    actor,
    shadow,
  });
  if (alias !== undefined) await addAlias(scope, task, alias);
  for (const { id } of shadow ? [] : await scope.taskPlannings.list({ taskId: task.id, proposal: "open" })) {
    await scope.taskPlannings.setProposal(id, "shipped");
  }
  return { task: task.name, plan: plan.number, share, release, model: alias ?? `task:${task.name}` };
}

async function addAlias(scope: OrganizationScope, task: TaskInfo, wanted: string): Promise<void> {
  const rule = ruleOf(task);
  if (rule.aliases.includes(wanted)) return;
  const [models, aliases, tasks] = await Promise.all([scope.models.list(), scope.aliases.list(), scope.tasks.list()]);
  const isTaken =
    models.some((one) => one.name === wanted) ||
    aliases.some((one) => one.name === wanted) ||
    tasks.some((one) => one.id !== task.id && ruleOf(one).aliases.includes(wanted));
  if (isTaken)
    throw new TaskError("refused", `${wanted} is the name of something else already.`, "Choose another alias.");
  await scope.tasks.setRule(task.id, { ...rule, aliases: [...rule.aliases, wanted] });
}
