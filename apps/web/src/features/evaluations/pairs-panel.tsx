"use client";

import { Badge } from "../../ui/badge.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ScrollRegion } from "../../ui/scroll-region.tsx";
import type { Summary } from "./types.ts";

const cell = "border-line border-t px-4 py-2 text-left tabular-nums whitespace-nowrap";

export interface PairsPanelProps {
  readonly summary: Summary;
  readonly evaluator: number;
}

/** Each candidate against each other: the difference, how sure, and how many more examples would settle it. */
export function PairsPanel({ evaluator, summary }: PairsPanelProps) {
  const pairs = summary.comparisons
    .filter((one) => one.evaluator === evaluator)
    // The better one first, so that every row reads as "is better than".
    .map((one) => (one.difference < 0 ? turned(one) : one))
    .sort((a, b) => b.difference - a.difference);
  if (pairs.length === 0) return null;
  const corrected = pairs.length > 1 ? `, corrected for ${pairs.length} pairs` : "";
  return (
    <Panel title="One against the other" note={`paired on the same examples${corrected}`} padded={false}>
      <ScrollRegion label="Pairs of candidates" className="focus-ring overflow-x-auto">
        <table className="w-full text-sm">
          <thead className="text-ink-3 text-xs">
            <tr>
              {["Candidate", "against", "Difference", "95 % sure of", "Better, worse, same", "p", ""].map((head) => (
                <th key={head} className="px-4 py-2 text-left font-normal">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {pairs.map(({ a, b, difference, high, losses, low, moreExamples, p, ties, wins }) => (
              <tr key={`${a} ${b}`}>
                <td className={`${cell} font-medium`}>{a}</td>
                <td className={cell}>{b}</td>
                <td className={cell}>{points(difference)}</td>
                <td className={cell}>
                  {points(low)} to {points(high)}
                </td>
                <td className={cell}>
                  {wins}, {losses}, {ties}
                </td>
                <td className={cell}>{p < 0.001 ? "< 0.001" : p.toFixed(3)}</td>
                <td className={cell}>
                  {p < 0.05 ? (
                    <Badge tone="good">clear</Badge>
                  ) : moreExamples === null ? (
                    <Badge>not clear</Badge>
                  ) : (
                    <span className="text-ink-2 text-xs">
                      about {moreExamples.toLocaleString("en")} more examples would settle it
                    </span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </Panel>
  );
}

function turned(one: Summary["comparisons"][number]): Summary["comparisons"][number] {
  const { a, b, difference, high, losses, low, wins } = one;
  return { ...one, a: b, b: a, difference: -difference, low: -high, high: -low, wins: losses, losses: wins };
}

function points(share: number): string {
  const value = Math.round(1000 * share) / 10;
  return `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value)}`;
}
