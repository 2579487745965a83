"use client";

import { IntervalChart } from "../../ui/interval-chart.tsx";
import { Panel } from "../../ui/panel.tsx";
import type { Summary } from "./types.ts";
import { percent } from "./words.ts";

/** Where each candidate wins and loses: by tag, split, class and length. */
export function SlicesPanel({ summary }: { readonly summary: Summary }) {
  return (
    <Panel title="By part" note="where they differ the most first">
      <ul className="grid gap-4 sm:grid-cols-2">
        {summary.slices.slice(0, 12).map(({ n, name, scores }) => (
          <li key={name} className="grid content-start gap-2 text-xs">
            <p className="flex justify-between gap-2">
              <span className="truncate font-medium">{name}</span>
              <span className="text-ink-3">{n} examples</span>
            </p>
            <IntervalChart
              format={percent}
              rows={scores.map((one, i) => ({
                ...one,
                name: summary.candidates[i]?.name ?? "",
                marked: one.score === Math.max(...scores.map(({ score }) => score)),
              }))}
            />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
