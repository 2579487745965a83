import { cx } from "../../ui/class-names.ts";
import { percent } from "./run-state.ts";
import type { Report } from "./types.ts";

export interface RetentionChartProps {
  readonly retention: Report["retention"];
  /** As a share of before. */
  readonly mayForget: number;
}

/** How much better or worse each kind of general text is predicted than before; past what was allowed it is tinted. */
export function RetentionChart({ mayForget, retention }: RetentionChartProps) {
  const { after, before, kinds, unit } = retention;
  const all = { name: "all together", before, after };
  const rows = [all, ...kinds].map((one) => ({ ...one, change: one.after / one.before - 1, isAll: one === all }));
  const most = Math.max(mayForget * 1.5, 0.005, ...rows.map(({ change }) => Math.abs(change))) * 1.1;
  const at = (change: number) => `${50 + (change / most) * 50}%`;
  return (
    <div className="grid gap-2">
      <ul className="grid gap-1.5" aria-label="General text, before and after">
        {rows.map(({ after, before, change, isAll, name }) => (
          <li key={name} className="grid grid-cols-[minmax(0,7rem)_minmax(0,1fr)_max-content] items-center gap-3">
            <span className={cx("truncate", isAll ? "font-medium" : "text-ink-2")}>{name}</span>
            <span aria-hidden className="relative h-4 overflow-hidden bg-hover">
              <span className="absolute inset-y-0 right-0 bg-bad-soft" style={{ left: at(mayForget) }} />
              <span className="absolute inset-y-0 left-1/2 border-line-strong border-l" />
              <span
                className={cx("absolute top-1.5 h-1", change > 0 ? "bg-bad/50" : "bg-good/50")}
                style={{ left: at(Math.min(0, change)), width: `${(Math.abs(change) / most) * 50}%` }}
              />
              <span
                className={cx("absolute top-1 -ml-1 size-2 rounded-full", isAll ? "bg-accent" : "bg-ink-3")}
                style={{ left: at(change) }}
              />
            </span>
            <span className="text-right text-xs tabular-nums">
              {change > 0 ? `${percent(change)} worse` : `${percent(-change)} better`}
              <span className="hidden text-ink-3 sm:inline">
                {" "}
                {before.toFixed(3)} → {after.toFixed(3)}
              </span>
            </span>
          </li>
        ))}
      </ul>
      <p className="text-ink-3 text-xs">
        How general text of each kind is predicted, in {unit}; to the left is better than before. In the tinted part the
        gate refuses, if it is so for all together.
      </p>
    </div>
  );
}
