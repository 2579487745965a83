import type { Tone } from "../../ui/badge.tsx";
import { plural } from "../../ui/format.ts";
import type { FlowCard, FlowRun } from "./types.ts";

const states: Record<FlowRun["state"], { readonly tone: Tone; readonly said: string }> = {
  queued: { tone: "neutral", said: "begins" },
  running: { tone: "accent", said: "runs" },
  waiting: { tone: "warn", said: "waits for a person" },
  done: { tone: "good", said: "done" },
  failed: { tone: "bad", said: "failed" },
  cancelled: { tone: "neutral", said: "cancelled" },
};

export function stateOf(state: FlowRun["state"]) {
  return states[state];
}

export function isUnderWay(state: FlowRun["state"]): boolean {
  return state === "queued" || state === "running";
}

export function flowsAnswer(flows: readonly FlowCard[] | undefined): string {
  if (flows === undefined) return "Flows";
  if (flows.length === 0) return "There are no flows yet";
  const waiting = flows.reduce((sum, one) => sum + one.waiting, 0);
  if (waiting > 0)
    return `${plural(waiting, "run")} of ${plural(flows.length, "flow")} ${waiting === 1 ? "waits" : "wait"} for you`;
  const failed = flows.filter(({ last }) => last?.state === "failed").length;
  return `${plural(flows.length, "flow")}, ${failed === 0 ? "none" : failed} failed last`;
}

/** The outermost step that a path of a run belongs to: of each[3].ask that is each. */
export function outermost(path: string): string {
  return /^[a-z0-9_-]+/.exec(path)?.[0] ?? path;
}
