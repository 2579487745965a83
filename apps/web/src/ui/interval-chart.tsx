import { cx } from "./class-names.ts";

export interface IntervalRow {
  readonly name: string;
  /** From 0 to 1, as its bounds are. */
  readonly score: number;
  readonly low: number;
  readonly high: number;
  /** The one that it is about. */
  readonly marked: boolean;
}

interface IntervalChartProps {
  readonly rows: readonly IntervalRow[];
  /** A share as people read it. */
  readonly format: (share: number) => string;
}

/** Scores as points with their 95 % intervals, in the order given, on one scale from 0 to 1. */
export function IntervalChart({ format, rows }: IntervalChartProps) {
  return (
    <ul className="grid grid-cols-[fit-content(50%)_minmax(0,1fr)_max-content] gap-x-3 gap-y-2">
      {rows.map(({ high, low, marked, name, score }) => (
        <li key={name} className="col-span-3 grid grid-cols-subgrid items-center">
          <span title={name} className={cx("truncate", marked ? "font-medium" : "text-ink-2")}>
            {name}
          </span>
          <span aria-hidden className="relative h-4 border-line border-x bg-hover">
            <span
              className={cx("absolute top-1.5 h-1 rounded-full", marked ? "bg-accent/40" : "bg-ink-3/40")}
              style={{ left: `${low * 100}%`, width: `${(high - low) * 100}%` }}
            />
            <span
              className={cx("absolute top-1 -ml-1 size-2 rounded-full", marked ? "bg-accent" : "bg-ink-3")}
              style={{ left: `${score * 100}%` }}
            />
          </span>
          <span className="text-right text-xs tabular-nums">
            {format(score)}{" "}
            <span className="hidden text-ink-3 sm:inline">
              {format(low)} – {format(high)}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}
