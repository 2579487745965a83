import type { EvaluationRowInfo } from "@tugboat/db";
import { meanInterval, type Slice } from "./summary.ts";

/** A slice with fewer examples says too little to be shown. */
const fewest = 3;
const mostSlices = 40;

/** What each candidate gets on each part of the examples; where they differ the most first. */
export function slicesOf(rows: readonly EvaluationRowInfo[], candidates: number, evaluators: number): Slice[] {
  const parts = new Map<string, EvaluationRowInfo[]>();
  for (const row of rows) {
    for (const name of row.slices) {
      const part = parts.get(name);
      if (part === undefined) parts.set(name, [row]);
      else part.push(row);
    }
  }
  const slices = [...parts]
    .filter(([, part]) => part.length >= fewest && part.length < rows.length)
    .map(([name, part]): Slice => {
      const scores = Array.from({ length: candidates }, (_, candidate) => {
        const values = part.map((row) =>
          row.failed[candidate] ? 0 : (row.scores[candidate * evaluators] ?? Number.NaN),
        );
        return meanInterval(values.filter((one) => !Number.isNaN(one)));
      });
      return { name, n: part.length, scores };
    });
  const gap = ({ scores }: Slice) => {
    const means = scores.map(({ score }) => score);
    return Math.max(...means) - Math.min(...means);
  };
  return slices.sort((a, b) => gap(b) - gap(a) || b.n - a.n).slice(0, mostSlices);
}
