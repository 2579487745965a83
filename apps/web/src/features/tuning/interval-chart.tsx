import { cx } from "../../ui/class-names.ts";
import { percent } from "./run-state.ts";

export interface IntervalRow {
  readonly name: string;
  readonly score: number;
  readonly low: number;
  readonly high: number;
  readonly isTuned: boolean;
}

/** Scores from 0 to 1 as points with their 95 % intervals, the highest first. */
export function IntervalChart({ rows }: { readonly rows: readonly IntervalRow[] }) {
  const sorted = [...rows].sort((a, b) => b.score - a.score);
  return (
    <ul className="grid gap-2">
      {sorted.map(({ high, isTuned, low, name, score }) => (
        <li key={name} className="grid grid-cols-[minmax(0,9rem)_minmax(0,1fr)_max-content] items-center gap-3">
          <span className={cx("truncate", isTuned ? "font-medium" : "text-ink-2")}>{name}</span>
          <span aria-hidden className="relative h-4 border-line border-x bg-hover">
            <span
              className={cx("absolute top-1.5 h-1 rounded-full", isTuned ? "bg-accent/40" : "bg-ink-3/40")}
              style={{ left: `${low * 100}%`, width: `${(high - low) * 100}%` }}
            />
            <span
              className={cx("absolute top-1 -ml-1 size-2 rounded-full", isTuned ? "bg-accent" : "bg-ink-3")}
              style={{ left: `${score * 100}%` }}
            />
          </span>
          <span className="text-xs tabular-nums">
            {percent(score)}{" "}
            <span className="hidden text-ink-3 sm:inline">
              {percent(low)} – {percent(high)}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}
