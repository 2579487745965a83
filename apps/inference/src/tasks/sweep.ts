import type { ModelLife, OrganizationScope, TaskInfo, TaskPlanningInfo } from "@tugboat/db";
import { wilson } from "@tugboat/statistics";
import { lifeSentence } from "../domain/models/life.ts";
import { figures } from "../domain/planner/figures.ts";
import { modelsOf, planSpec } from "../domain/planner/plan.ts";
import { planReport } from "../domain/planner/report.ts";
import { storedDocument } from "../domain/tasks/document.ts";
import { latencyText } from "../domain/tasks/requirements.ts";
import type { TaskRule } from "../domain/tasks/rule.ts";
import { activePlanning, type PlanningReason, startPlanning } from "../domain/tasks/start-planning.ts";
import { ruleOf } from "./explain-task.ts";
import { fallen, monitorsOfTask } from "./judge.ts";
import { sumOf, worseBy } from "./live-sums.ts";
import { readModelFacts } from "./model-facts.ts";
import { answering, releasePlan, rollBack } from "./release.ts";

/** By itself, a task is planned at most so often in a day. */
const mostADay = 8;
const dayMs = 86_400_000;
/** So many requests of a canary that the rule shipped show that it does no harm. */
const enoughForAll = 100;
/** Fewer requests, or judgements of people, say nothing of drift. */
const fewestRequests = 30;
const fewestJudged = 20;

export interface Swept {
  readonly task: string;
  readonly did: string;
}

/**
 * Looks after an organization's tasks that serve: plans again where a model joined, examples changed or live traffic
 * drifted from what was measured, and stops a canary that is worse. What set a planning off sets off no second one.
 */
export async function sweepTasks(scope: OrganizationScope): Promise<Swept[]> {
  const swept: Swept[] = [];
  for (const task of await scope.tasks.list()) {
    if (task.release === null) continue;
    const rule = ruleOf(task);
    const judged = await judgeCanary(scope, task, rule);
    if (judged !== undefined) swept.push({ task: task.name, did: judged });
    const why = await reasonToPlan(scope, task, rule);
    if (why === undefined || (await activePlanning(scope, task.id)) !== undefined) continue;
    const plannings = await scope.taskPlannings.list({ taskId: task.id });
    if (plannings.some(({ cause, reason }) => reason === why.reason && cause === why.cause)) continue;
    if (ownToday(plannings) >= mostADay) {
      swept.push({ task: task.name, did: `not planned again: ${mostADay} times by itself today is the most` });
      continue;
    }
    await scope.transaction(async (tx) => {
      await startPlanning(tx, task, { actor: "system", minutes: rule.minutes, ...why });
      await tx.audit.append({ actor: "system", action: "tasks.plan", subject: task.name, after: why });
    });
    swept.push({ task: task.name, did: `planned again: ${why.cause}` });
  }
  return swept;
}

function ownToday(plannings: readonly TaskPlanningInfo[]): number {
  return plannings.filter(({ createdAt, reason }) => reason !== "asked" && Date.now() - createdAt.getTime() < dayMs)
    .length;
}

async function reasonToPlan(
  scope: OrganizationScope,
  task: TaskInfo,
  rule: TaskRule,
): Promise<{ readonly reason: PlanningReason; readonly cause: string } | undefined> {
  const latest = await scope.taskPlannings.latest(task.id);
  if (latest === null) return undefined;
  const report = planReport.parse(latest.report);
  if (rule.onModel) {
    const known = new Set(report.models);
    const joined = (await readModelFacts(scope)).map(({ name }) => name).filter((name) => !known.has(name));
    if (joined.length > 0) return { reason: "model-joined", cause: joined.sort().join(", ").slice(0, 500) };
  }
  if (rule.onModel) {
    const ending = await endingOf(scope, task);
    if (ending.length > 0) return { reason: "deprecated", cause: ending.join(" ").slice(0, 500) };
  }
  const version = await scope.tasks.version(task.id, task.version);
  const document = storedDocument.parse(version.document);
  if (rule.onExamples && version.examples === null) {
    const found = await scope.datasets.resolve(document.examples).catch(() => undefined);
    const now = found && `${found.dataset.name}@${found.version.number}`;
    if (now !== undefined && now !== report.examples) return { reason: "examples-changed", cause: now };
  }
  return rule.onDrift ? drifted(scope, task) : undefined;
}

/** Of the models by which a task is served, what is to be said of their lives: one that is deprecated, or a preview. */
export async function endingOf(
  scope: OrganizationScope,
  task: Pick<TaskInfo, "id">,
  stages: readonly ModelLife["stage"][] = ["deprecated"],
): Promise<string[]> {
  const lives = (await scope.modelLives.list()).filter(({ stage }) => stages.includes(stage));
  if (lives.length === 0) return [];
  const [[release], plans] = await Promise.all([scope.tasks.releases(task.id), scope.tasks.plans(task.id)]);
  const now = release && answering(release);
  const spec = planSpec.safeParse(plans.find(({ number }) => number === now)?.spec).data;
  const used = new Set(spec === undefined ? [] : modelsOf(spec));
  return lives.flatMap((life) => (used.has(life.name) ? (lifeSentence(life) ?? []) : []));
}

/** Live traffic of a day beside what was measured of the plan that has it. */
async function drifted(
  scope: OrganizationScope,
  task: TaskInfo,
): Promise<{ reason: "drift"; cause: string } | undefined> {
  const [release] = await scope.tasks.releases(task.id);
  const plan = (await scope.tasks.plans(task.id)).find(({ number }) => release && number === answering(release));
  if (release === undefined || plan === undefined) return undefined;
  const judged = fallen(await monitorsOfTask(scope, task.name), release.createdAt);
  if (judged !== undefined) return { reason: "drift", cause: judged };
  const promise = figures.parse(plan.promise);
  const live = sumOf(
    (await scope.taskPlannings.live(task.id, new Date(Date.now() - dayMs))).filter((one) => one.plan === plan.number),
    promise.latencyP95Ms,
  );
  const day = new Date().toISOString().slice(0, 10);
  if (live.judged >= fewestJudged) {
    const share = Math.min(1, live.right / live.judged);
    // What is promised is as uncertain as what is judged: only a gap between both intervals is one.
    if (wilson(share * live.judged, live.judged).high < promise.low) {
      const cause = `plan ${plan.number} was judged ${share.toFixed(2)} on ${day}, below the ${promise.low.toFixed(2)} that was promised at least`;
      return { reason: "drift", cause };
    }
  }
  if (live.requests - live.cached < fewestRequests) return undefined;
  const ceiling = (promise.requirements.latencyP95Ms?.bound ?? promise.latencyP95Ms) * 1.5;
  if (live.p95 !== null && live.p95 > ceiling) {
    return { reason: "drift", cause: `p95 of plan ${plan.number} on ${day} above ${latencyText(ceiling)}` };
  }
  if (live.failed > live.requests * 0.05) {
    return { reason: "drift", cause: `plan ${plan.number} failed more than 1 request in 20 on ${day}` };
  }
  return undefined;
}

/**
 * Gives a canary's share back when it is clearly worse than what it would replace. One that the rule shipped gets all
 * requests once enough were no worse; one of a person's waits for that person.
 */
async function judgeCanary(scope: OrganizationScope, task: TaskInfo, rule: TaskRule): Promise<string | undefined> {
  const [release] = await scope.tasks.releases(task.id);
  if (release === undefined || release.share >= 100 || release.previous === null) return undefined;
  const since = new Date(release.createdAt);
  since.setUTCMinutes(0, 0, 0);
  const [hours, plans] = await Promise.all([scope.taskPlannings.live(task.id, since), scope.tasks.plans(task.id)]);
  const sums = [release.plan, release.previous].map((number) => {
    const promise = figures.safeParse(plans.find((one) => one.number === number)?.promise).data;
    return sumOf(
      hours.filter(({ plan }) => plan === number),
      promise?.latencyP95Ms,
    );
  });
  const [canary, before] = sums;
  const part = release.share / 100;
  // In the shadow a request is asked twice: of both, the copy's share is smaller.
  const worse = canary && before && worseBy(canary, before, release.shadow ? part / (1 + part) : part);
  if (worse === undefined) {
    if (release.shadow || !rule.ship || release.createdBy !== "system" || (canary?.requests ?? 0) < enoughForAll)
      return undefined;
    const note = `By rule: no worse in ${canary?.requests} requests`;
    await scope.transaction(async (tx) => {
      await releasePlan(tx, task, { plan: release.plan, share: 100, note, actor: "system" });
      await tx.audit.append({ actor: "system", action: "tasks.ship", subject: task.name, after: { note } });
    });
    return `plan ${release.plan} gets all requests: ${note}`;
  }
  const note = `Plan ${release.plan} ${worse}`;
  await scope.transaction(async (tx) => {
    await rollBack(tx, task, { action: "stop", actor: "system", note });
    await tx.audit.append({ actor: "system", action: "tasks.rollBack", subject: task.name, after: { note } });
  });
  return note;
}
