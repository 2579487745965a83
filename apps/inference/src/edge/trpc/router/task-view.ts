import type { JobInfo, OrganizationScope, TaskInfo, TaskLiveInfo, TaskPlanInfo, TaskPlanningInfo } from "@tugboat/db";
import type { z } from "zod";
import { explainTree } from "../../../domain/planner/explain.ts";
import { type Figures, figures } from "../../../domain/planner/figures.ts";
import { planName, planSpec } from "../../../domain/planner/plan.ts";
import { type Entry, type PlanReport, planProgress, planReport } from "../../../domain/planner/report.ts";
import { keptExamples } from "../../../domain/tasks/apply.ts";
import { storedDocument } from "../../../domain/tasks/document.ts";
import { inputText, outputText } from "../../../domain/tasks/examples.ts";
import { latencyQuantile } from "../../../domain/tasks/live.ts";
import { entryShown, ruleOf, shippedOf } from "../../../tasks/explain-task.ts";
import { monitorsOfTask } from "../../../tasks/judge.ts";
import { answering } from "../../../tasks/release.ts";
import { endingOf } from "../../../tasks/sweep.ts";
import type { Context } from "../context.ts";
import { userIds } from "../trpc.ts";
import type { card, detail, live, planning, proposal } from "./task-shapes.ts";

type OrgContext = Pick<Context, "management"> & { readonly scope: OrganizationScope };
type Names = ReadonlyMap<string, string>;

const liveHours = 48;

export async function showCard({ scope }: OrgContext, task: TaskInfo): Promise<z.output<typeof card>> {
  const version = await scope.tasks.version(task.id, task.version);
  const document = storedDocument.parse(version.document);
  const [release] = task.release === null ? [] : await scope.tasks.releases(task.id);
  const plan = release && (await scope.tasks.plans(task.id)).find(({ number }) => number === answering(release));
  const plannings = await scope.taskPlannings.list({ taskId: task.id });
  const [last] = plannings;
  const job = last?.finishedAt === null && last.jobId !== null ? await scope.jobs.get(last.jobId) : undefined;
  const running = job && (job.state === "queued" || job.state === "running") ? job : undefined;
  return {
    id: task.id,
    name: task.name,
    instruction: document.instruction,
    version: task.version,
    plan: release === undefined ? null : answering(release),
    share: release === undefined ? null : release.shadow ? 100 : release.share,
    planName: plan ? planName(planSpec.parse(plan.spec)) : null,
    figures: plan ? figures.parse(plan.promise) : null,
    measure: document.measure,
    proposals: plannings.filter(({ proposal }) => proposal === "open").length,
    planning:
      running && last ? { id: last.id, stage: running.progress?.stage ?? "waiting", state: running.state } : null,
    updatedAt: task.updatedAt.toISOString(),
  };
}

export async function showDetail(ctx: OrgContext, task: TaskInfo): Promise<z.output<typeof detail>> {
  const { scope } = ctx;
  const [versions, plannings, releases, plans, latest, hours] = await Promise.all([
    scope.tasks.versions(task.id),
    scope.taskPlannings.list({ taskId: task.id }),
    scope.tasks.releases(task.id),
    scope.tasks.plans(task.id),
    scope.taskPlannings.latest(task.id),
    scope.taskPlannings.live(task.id, new Date(Date.now() - liveHours * 3_600_000)),
  ]);
  const [version] = versions;
  if (version === undefined) throw new Error(`${task.name} has no version`);
  const document = storedDocument.parse(version.document);
  const kept = version.examples === null ? undefined : keptExamples.parse(version.examples);
  const people = [...versions, ...plannings, ...releases].map(({ createdBy }) => createdBy);
  const names = await ctx.management.database.people.names(userIds(people));
  const report = latest === null ? null : planReport.parse(latest.report);
  const named = (createdBy: string) => ({ createdBy, createdByName: names.get(createdBy) ?? null });
  return {
    id: task.id,
    name: task.name,
    version: task.version,
    document: { ...document, input: { ...document.input }, output: { ...document.output } },
    yaml: version.yaml,
    examples: {
      source: document.examples,
      count: kept?.length ?? null,
      preview: (kept ?? [])
        .slice(0, 12)
        .map((one) => ({ input: inputText(one.input).slice(0, 400), output: outputText(one.expected) })),
    },
    rule: ruleOf(task),
    judges: (await monitorsOfTask(scope, task.name)).map(({ evaluator, judged, share, sum }) => ({
      ...{ evaluator, share, judged },
      mean: judged === 0 ? null : sum / judged,
    })),
    notices: await endingOf(scope, task, ["deprecated", "preview"]),
    versions: versions.map(({ createdAt, createdBy, number }) => ({
      number,
      ...named(createdBy),
      createdAt: createdAt.toISOString(),
    })),
    plannings: await Promise.all(plannings.slice(0, 30).map((one) => showPlanning(scope, one, names))),
    releases: releases.map(({ createdAt, createdBy, ...one }) => ({
      ...one,
      ...named(createdBy),
      createdAt: createdAt.toISOString(),
    })),
    report,
    reportId: latest?.id ?? null,
    tree: report === null ? null : explained(report, plans, releases[0], hours),
    live: liveOf(plans, hours),
  };
}

export async function showPlanning(
  scope: OrganizationScope,
  { createdAt, createdBy, finishedAt, progress, ...row }: TaskPlanningInfo,
  names: Names,
): Promise<z.output<typeof planning>> {
  const job: JobInfo | undefined =
    row.jobId === null || finishedAt !== null ? undefined : await scope.jobs.get(row.jobId);
  return {
    id: row.id,
    reason: row.reason,
    cause: row.cause,
    minutes: row.minutes,
    state: finishedAt !== null ? "done" : (job?.state ?? "queued"),
    jobId: row.jobId,
    progress: planProgress.nullable().catch(null).parse(progress),
    plan: row.plan,
    proposal: row.proposal,
    error: finishedAt === null ? (job?.error ?? null) : null,
    hint: finishedAt === null ? (job?.hint ?? null) : null,
    createdBy,
    createdByName: names.get(createdBy) ?? null,
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}

export async function showProposal(
  scope: OrganizationScope,
  row: TaskPlanningInfo,
): Promise<z.output<typeof proposal>> {
  const task = await scope.tasks.byId(row.taskId);
  const [plans, releases, { report: stored }] = await Promise.all([
    scope.tasks.plans(row.taskId),
    scope.tasks.releases(row.taskId),
    scope.taskPlannings.get(row.id),
  ]);
  const report = planReport.parse(stored);
  const [found] = report.entries;
  const [release] = releases;
  // Of a canary, what it would replace is what serves.
  const serves = release && {
    ...release,
    shadow: false,
    plan: release.share < 100 ? (release.previous ?? release.plan) : release.plan,
  };
  const serving = entryShown(report, plans, serves, serves?.plan);
  const measured = (entry: Entry | undefined) =>
    entry === undefined ? null : { plan: entry.plan, name: entry.name, figures: entry.figures, steps: entry.steps };
  return {
    ...(await showPlanning(scope, row, new Map())),
    task: task?.name ?? "",
    sentence: report.sentence,
    tree: explainTree(report, found, undefined),
    measure: report.measure,
    found: measured(found),
    // It serves under its own number, whether or not this planning would ship it again.
    serving: serving === undefined || serving === found ? null : measured({ ...serving, plan: serves?.plan ?? null }),
  };
}

type Release = Pick<
  Awaited<ReturnType<OrganizationScope["tasks"]["releases"]>>[number],
  "plan" | "share" | "createdAt" | "previous" | "shadow"
>;

function explained(
  report: PlanReport,
  plans: readonly TaskPlanInfo[],
  release: Release | undefined,
  hours: readonly TaskLiveInfo[],
): string {
  const shown = entryShown(report, plans, release);
  return explainTree(report, shown, shippedOf(shown, release, hours));
}

function liveOf(plans: readonly TaskPlanInfo[], hours: readonly TaskLiveInfo[]): z.output<typeof live>[] {
  const numbers = [...new Set(hours.map(({ plan }) => plan))].sort((a, b) => b - a);
  return numbers.flatMap((number) => {
    const plan = plans.find((one) => one.number === number);
    if (plan === undefined) return [];
    const mine = hours.filter((one) => one.plan === number);
    const sum = (of: (one: TaskLiveInfo) => number) => mine.reduce((total, one) => total + of(one), 0);
    const requests = sum((one) => one.requests);
    const counts = mine.reduce<number[]>((all, { latency }) => latency.map((count, i) => count + (all[i] ?? 0)), []);
    const promise: Figures = figures.parse(plan.promise);
    return [
      {
        plan: number,
        hours: mine.length,
        requests,
        failed: sum((one) => one.failed),
        cached: sum((one) => one.cached),
        escalated: sum((one) => one.escalated),
        compared: sum((one) => one.compared),
        agreement: sum((one) => one.compared) === 0 ? null : sum((one) => one.agreed) / sum((one) => one.compared),
        latencyP95Ms: latencyQuantile(counts, 0.95),
        costPer1kUsd: requests === 0 ? null : sum((one) => one.costMicroUsd) / requests / 1000,
        promise,
        series: mine.map(({ hour, latency, requests }) => ({
          hour: hour.toISOString(),
          requests,
          latencyP95Ms: latencyQuantile(latency, 0.95),
        })),
      },
    ];
  });
}
