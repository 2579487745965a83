import type { OrganizationScope, PlannerRecordInfo, TaskInfo, TaskPlanningDetail } from "@tugboat/db";
import { compareFigures } from "../domain/planner/figures.ts";
import { planSpec } from "../domain/planner/plan.ts";
import { type Entry, type PlanReport, planReport } from "../domain/planner/report.ts";
import { json } from "../domain/tasks/apply.ts";
import { canonical } from "../domain/tasks/examples.ts";
import type { TaskRule } from "../domain/tasks/rule.ts";
import type { Artifact } from "./artifact.ts";
import { heldBack } from "./held-back.ts";
import { answering, releasePlan } from "./release.ts";

/** So many of the best can be shipped. */
export const shippable = 6;

/** Keeps what a planning found: the plans, the report, what the planner learnt, and whether it proposes a change. */
export async function finishPlanning(
  tx: OrganizationScope,
  {
    actor,
    artifactOf,
    records,
    report,
    row,
    rule,
    task,
  }: {
    readonly row: TaskPlanningDetail;
    readonly task: TaskInfo;
    readonly report: PlanReport;
    readonly artifactOf: (entry: Entry) => Artifact;
    readonly records: readonly PlannerRecordInfo[];
    readonly rule: TaskRule;
    readonly actor: string;
  },
) {
  const entries: Entry[] = [];
  const known = await tx.tasks.plans(task.id);
  for (const [place, one] of report.entries.entries()) {
    if (place >= shippable || (!one.complete && place > 0)) {
      entries.push(one);
      continue;
    }
    // The same way measured again is the same plan, while its declaration is the same.
    const same = known.find(
      ({ spec, version }) => version === row.version && canonical(planSpec.parse(spec)) === canonical(one.spec),
    );
    const { number } =
      same ??
      (await tx.tasks.addPlan(task.id, {
        planningId: row.id,
        version: row.version,
        spec: json(one.spec),
        artifact: json(artifactOf(one)),
        promise: json(one.figures),
      }));
    entries.push({ ...one, plan: number });
  }
  const kept = planReport.parse({ ...report, entries });
  const [chosen] = entries;
  const proposal = row.reason === "asked" ? null : await proposalOf(tx, task, entries, kept);
  await tx.taskPlannings.finish(row.id, { report: json(kept), plan: chosen?.plan ?? null, proposal });
  await tx.taskPlannings.record(records);
  const fit = chosen?.figures.meets === true ? chosen.plan : null;
  const held =
    rule.ship && proposal === "open" && fit !== null ? heldBack(await tx.tasks.releases(task.id), fit) : undefined;
  if (held !== undefined) {
    // It waits for a person, who is told why.
    await tx.audit.append({ actor, action: "tasks.heldBack", subject: task.name, after: { plan: fit, why: held } });
  }
  if (proposal === "open" && rule.ship && fit !== null && held === undefined) {
    await releasePlan(tx, task, {
      plan: fit,
      share: 10,
      note: `By rule: ${row.cause ?? row.reason}`,
      actor: "system",
    });
    await tx.taskPlannings.setProposal(row.id, "shipped");
    await tx.audit.append({
      actor,
      action: "tasks.ship",
      subject: task.name,
      after: { plan: fit, rule: true },
    });
  }
  return { result: { planning: row.id, plan: chosen?.plan ?? null, sentence: report.sentence } };
}

/** Open when something better than what serves was found, measured on the same examples; null when nothing was. */
async function proposalOf(
  tx: OrganizationScope,
  task: TaskInfo,
  entries: readonly Entry[],
  { prefer }: PlanReport,
): Promise<"open" | null> {
  const served = await tx.tasks.served(task.name);
  const [chosen] = entries;
  if (served === undefined || chosen === undefined || chosen.plan === null) return null;
  const now = served.plans.find(({ number }) => number === answering(served.release));
  const spec = now && canonical(stepsAlone(planSpec.parse(now.spec)));
  const serving = entries.find((one) => canonical(stepsAlone(one.spec)) === spec);
  if (serving?.key === chosen.key) return null;
  if (serving === undefined) return "open";
  const order = prefer === "cost" || prefer === "latency" ? prefer : "quality";
  return compareFigures(chosen.figures, serving.figures, order) < 0 ? "open" : null;
}

/** Without the threshold, which each planning sets anew. */
function stepsAlone(spec: ReturnType<typeof planSpec.parse>) {
  if (spec.kind === "single") return { step: spec.step };
  const { first, kind, rest } = spec;
  return { kind, first, rest };
}
