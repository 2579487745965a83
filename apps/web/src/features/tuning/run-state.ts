import type { Tone } from "../../ui/badge.tsx";
import { plural } from "../../ui/format.ts";
import type { Run } from "./types.ts";

type Shown = Pick<Run, "state" | "stage" | "summary">;

/** A run's outcome in a word or two, and what it means. */
export function outcomeOf({ stage, state, summary }: Shown): { readonly tone: Tone; readonly text: string } {
  if (summary) {
    const tones = { better: "good", unsure: "warn", "not better": "neutral" } as const;
    return { tone: tones[summary.verdict], text: summary.verdict };
  }
  if (state === "failed") return { tone: "bad", text: "failed" };
  if (state === "cancelled") return { tone: "neutral", text: "cancelled" };
  if (state === "queued") return { tone: "neutral", text: "waiting" };
  return { tone: "accent", text: stage === "queued" ? "starting" : stage };
}

export function isUnderWay({ state }: Pick<Run, "state">): boolean {
  return state === "queued" || state === "running";
}

/** The page's first line: what became better, and what is under way. */
export function tuningAnswer(runs: readonly Shown[] | undefined): string {
  if (runs === undefined) return "Is the tuned model better, and on what?";
  if (runs.length === 0) return "No model was tuned yet.";
  const better = runs.filter(({ summary }) => summary?.verdict === "better").length;
  const going = runs.filter(isUnderWay).length;
  const said = better === 0 ? "No run came out better yet" : `${plural(better, "run")} came out better`;
  return going === 0 ? `${said}.` : `${said}; ${going} under way.`;
}

/** An order of scores. */
export function bestFirst(a: { readonly score: number }, b: { readonly score: number }): number {
  return b.score - a.score;
}

/** `0.825` → `82.5 %`. */
export function percent(share: number): string {
  return `${Math.round(share * 1000) / 10}\u00a0%`;
}
