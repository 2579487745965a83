import { latencyText, usdText } from "../tasks/requirements.ts";
import type { Figures } from "./figures.ts";
import { routerName } from "./plan.ts";
import type { Entry, PlanReport } from "./report.ts";

export interface Shipped {
  readonly plan: number;
  readonly at: Date;
  /** In percent. */
  readonly share: number;
  /** Of the live traffic, what the exact cache answered. */
  readonly cached: number | null;
}

/** The plan that serves or was found and every one that lost, as a tree that a person can read. */
export function explainTree(report: PlanReport, shown: Entry | undefined, shipped: Shipped | undefined): string {
  const head = headOf(report, shown, shipped);
  const right = `measured on ${report.heldOut} held-out examples`;
  const lines = [`${head.padEnd(72)} ${right}`];
  if (shown === undefined) return [...lines, "└─ nothing was measured"].join("\n");
  lines.push(`└─ ${kindOf(shown)}   ${figuresText(shown.figures, report.measure)}   ${verdictOf(shown.figures)}`);
  const rows: [string, string][] = [];
  if (shown.spec.cache)
    rows.push([
      "exact cache",
      shipped?.cached == null ? "the same input again" : `${percent(shipped.cached)} of traffic`,
    ]);
  if (shown.spec.kind === "route") rows.push([routerName(shown.spec.embedder), "chooses before anything is asked"]);
  for (const { name, role, share } of shown.branches) {
    rows.push([name, share === null || share === 1 ? role : `${role} (${percent(share)})`]);
  }
  const width = Math.max(...rows.map(([name]) => name.length)) + 3;
  rows.forEach(([name, role], i) => {
    lines.push(`   ${i === rows.length - 1 ? "└─" : "├─"} ${name.padEnd(width)}${role}`);
  });
  lines.push(...lostLines(report, shown));
  report.notTried.forEach(({ name, why }, i) => {
    lines.push(`${i === 0 ? "not tried: " : "           "}${name} (${why})`);
  });
  for (const advice of report.advice) lines.push(`→ ${advice}`);
  return lines.join("\n");
}

function headOf({ task }: PlanReport, shown: Entry | undefined, shipped: Shipped | undefined): string {
  if (shipped !== undefined) {
    const at = shipped.at.toLocaleString("en-GB", {
      day: "numeric",
      month: "short",
      hour: "2-digit",
      minute: "2-digit",
      timeZone: "UTC",
    });
    return `${task} → plan ${shipped.plan} (shipped ${at.replace(",", "")}${shipped.share < 100 ? `, ${shipped.share} %` : ""})`;
  }
  return `${task} → ${shown?.plan == null ? "no plan" : `plan ${shown.plan} (not shipped)`}`;
}

function kindOf({ name, spec }: Entry): string {
  return spec.kind === "single" ? name : spec.kind;
}

function verdictOf({ meets, requirements }: Figures): string {
  const all = Object.values(requirements);
  if (all.length === 0) return "nothing was required";
  if (meets)
    return (
      ["", "meets its requirement", "meets both requirements", "meets all three requirements"][all.length] ??
      "meets all"
    );
  return `does not meet ${brokenOf(requirements).join(", ")}`;
}

export function brokenOf({ costPer1kUsd, latencyP95Ms, quality }: Figures["requirements"]): string[] {
  return [
    ...(quality && !quality.holds ? ["quality"] : []),
    ...(latencyP95Ms && !latencyP95Ms.holds ? ["latency"] : []),
    ...(costPer1kUsd && !costPer1kUsd.holds ? ["cost"] : []),
  ];
}

export function figuresText({ costPer1kUsd, high, latencyP95Ms, low, score }: Figures, measure: string): string {
  return `${measure} ${score.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]   p95 ${latencyText(latencyP95Ms)}   $${usdText(costPer1kUsd)} / 1k`;
}

/** Of those that stopped early, so many are shown. */
const mostLost = 7;

function lostLines({ entries, measure }: PlanReport, shown: Entry): string[] {
  const all = entries.filter((one) => one.key !== shown.key);
  const lost = all.filter((one, i) => one.complete || i < mostLost);
  const width = Math.min(48, Math.max(0, ...lost.map(({ name }) => name.length)));
  const more = all.length - lost.length;
  const rest = more === 0 ? [] : [`      and ${more} more that stopped early`];
  const lines = lost.map(({ figures, name, why }, i) => {
    const text = figuresText(figures, "").trim();
    return `${i === 0 ? "lost: " : "      "}${name.padEnd(width)}   ${text}   ${why ?? `${measure} as good`}`;
  });
  return [...lines, ...rest];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** The shape that scripts rely on. */
export function explainJson(report: PlanReport, shown: Entry | undefined, shipped: Shipped | undefined) {
  const plain = (one: Entry) => ({
    plan: one.plan,
    name: one.name,
    spec: one.spec,
    score: one.figures.score,
    low: one.figures.low,
    high: one.figures.high,
    latencyP95Ms: one.figures.latencyP95Ms,
    costPer1k: one.figures.costPer1kUsd,
    meets: one.figures.meets,
    requirements: one.figures.requirements,
    n: one.figures.n,
  });
  return {
    task: report.task,
    plan:
      shown === undefined
        ? null
        : {
            tree: explainTree(report, shown, shipped),
            ...plain(shown),
            branches: shown.branches,
            shipped: shipped !== undefined,
          },
    lost: report.entries.filter((one) => one.key !== shown?.key).map((one) => ({ ...plain(one), why: one.why })),
    notTried: report.notTried,
    measurements: report.measurements,
    reused: report.reused,
    exhaustive: report.exhaustive,
    heldOut: report.heldOut,
    met: report.met,
    sentence: report.sentence,
    advice: report.advice,
    costModel: report.error,
  };
}
