import { duration, plural, written } from "../../ui/format.ts";
import type { Entry, Figures, Planning, Release, Report, TaskCard, TaskDetail } from "./types.ts";

/** `0.009` → `$0.009`: two digits that count. */
export function usd(value: number): string {
  if (value === 0) return "$0";
  return value >= 0.1 ? `$${value.toFixed(2)}` : `$${Number(value.toPrecision(2))}`;
}

export function latency(ms: number): string {
  return written(duration(ms));
}

/** `0.90` and the interval's ends: scores are read to two places. */
export function scoreText(score: number): string {
  return score.toFixed(2);
}

const whys: Readonly<Record<string, string>> = {
  asked: "asked for",
  "model-joined": "a model joined",
  deprecated: "a model that serves it ends",
  "examples-changed": "the examples changed",
  drift: "live traffic drifted",
};

/** Why a search for a plan began. */
export function reasonText({ cause, reason }: Pick<Planning, "cause" | "reason">): string {
  const why = whys[reason] ?? reason;
  return cause === null ? why : `${why}: ${cause}`;
}

/** Which requirements a plan breaks, in words. */
export function broken({ requirements: { costPer1kUsd, latencyP95Ms, quality } }: Figures, measure: string): string[] {
  return [
    ...(quality && !quality.holds ? [measure] : []),
    ...(latencyP95Ms && !latencyP95Ms.holds ? ["latency"] : []),
    ...(costPer1kUsd && !costPer1kUsd.holds ? ["cost"] : []),
  ];
}

/** The list's first line: how many serve, and what waits. */
export function tasksAnswer(tasks: readonly Pick<TaskCard, "plan" | "proposals">[] | undefined): string {
  if (tasks === undefined) return "Which tasks are done, how well, and by what?";
  if (tasks.length === 0) return "Say what you want; Tugboat finds how.";
  const live = tasks.filter(({ plan }) => plan !== null).length;
  const waiting = tasks.reduce((sum, { proposals }) => sum + proposals, 0);
  const said =
    live === 0
      ? `${plural(tasks.length, "task")} declared, none serves yet`
      : `${live} of ${plural(tasks.length, "task")} ${live === 1 ? "serves" : "serve"}`;
  return waiting === 0
    ? `${said}.`
    : `${said}; ${plural(waiting, "better plan")} ${waiting === 1 ? "waits" : "wait"} for your yes.`;
}

/** A task's first line: what serves and whether it holds what was required, or what is next. */
export function taskAnswer({ name, releases, report, plannings }: TaskDetail): string {
  const running = plannings.find(isUnderWay);
  const [release] = releases;
  if (release === undefined) {
    if (running) return `Looking for the best way to do ${name}.`;
    return report === null ? `${name} is declared. Which way of doing it is best?` : report.sentence;
  }
  const serving = servingPlan(release);
  const entry = report?.entries.find(({ plan }) => plan === serving);
  if (entry === undefined) return `Plan ${serving} serves ${name}.`;
  const { figures, name: way } = entry;
  const holds = figures.meets ? "holds what is required" : "does not hold what is required";
  return `Plan ${serving} serves and ${holds}: ${way}.`;
}

/** The plan that answers: one in the shadow answers nobody. */
export function servingPlan(release: Pick<Release, "plan" | "previous" | "shadow"> | undefined): number | undefined {
  return release?.shadow ? (release.previous ?? release.plan) : release?.plan;
}

export function isUnderWay({ state }: Pick<Planning, "state">): boolean {
  return state === "queued" || state === "running";
}

/** Entries that were measured on everything, the plan first. */
export function contenders({ entries }: Report): readonly Entry[] {
  return entries.filter(({ complete }, i) => complete || i === 0);
}
