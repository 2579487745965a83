import type { Example } from "./samples.ts";

/** What is learnt: one of few labels, text that is written freely, or which of two answers is better. */
export type TaskKind = "labels" | "text" | "pairs";

const mostLabels = 50;
const longestLabel = 60;

/**
 * Few different, short answers, each given about twice on average or more, are labels. Sixty examples with forty
 * different answers are text.
 */
export function taskKind(examples: readonly Pick<Example, "output" | "rejected">[]): TaskKind {
  const distinct = new Set(examples.map(({ output }) => output.trim()));
  const short = [...distinct].every((label) => label.length <= longestLabel && !label.includes("\n"));
  if (short && distinct.size <= mostLabels && distinct.size * 2 <= examples.length) return "labels";
  return examples.length > 0 && examples.every(({ rejected }) => rejected !== undefined) ? "pairs" : "text";
}

/** The labels, the most frequent first. */
export function labelsOf(examples: readonly Pick<Example, "output">[]): string[] {
  const counts = new Map<string, number>();
  for (const { output } of examples) counts.set(output, (counts.get(output) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([label]) => label);
}
