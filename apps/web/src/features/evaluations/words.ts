import type { Tone } from "../../ui/badge.tsx";
import type { Evaluation } from "./types.ts";

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

export function isUnderWay({ state }: Pick<Evaluation, "state">): boolean {
  return state === "queued" || state === "running";
}

export function stateOf(one: Pick<Evaluation, "state" | "stoppedEarly" | "verdict">): { text: string; tone: Tone } {
  if (one.state === "queued") return { text: "Waiting", tone: "neutral" };
  if (one.state === "running") return { text: "Comparing", tone: "accent" };
  if (one.state === "failed") return { text: "Failed", tone: "bad" };
  if (one.state === "cancelled") return { text: "Stopped", tone: "neutral" };
  if (one.verdict === "better") return { text: one.stoppedEarly ? "Clear, early" : "Clear", tone: "good" };
  return { text: one.verdict === "alone" ? "Measured" : "Not clear", tone: "neutral" };
}

export function dollars(value: number): string {
  if (value === 0) return "$0";
  return value < 0.01 ? `$${value.toPrecision(2)}` : `$${value.toFixed(2)}`;
}

export function milliseconds(value: number): string {
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}

/** What the list's page answers. */
export function evaluationsAnswer(list: readonly Evaluation[] | undefined): string {
  if (list === undefined) return "Which candidate is better?";
  const [latest] = list;
  if (latest === undefined) return "Nothing has been compared yet.";
  if (isUnderWay(latest)) return `${latest.name}: ${latest.done} of ${latest.total} examples.`;
  return latest.sentence ?? latest.error ?? `${latest.name} was stopped.`;
}
