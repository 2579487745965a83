import { percent } from "./words.ts";

export interface ScoreBar {
  readonly name: string;
  readonly score: number;
  readonly low: number;
  readonly high: number;
  readonly first: boolean;
}

/** Scores from 0 to 100 % as points with their 95 % intervals. */
export function ScoreBars({ bars }: { readonly bars: readonly ScoreBar[] }) {
  return (
    <ul className="grid gap-3">
      {bars.map(({ first, high, low, name, score }) => (
        <li key={name} className="grid grid-cols-[minmax(0,10rem)_minmax(0,1fr)_max-content] items-center gap-3">
          <span className={first ? "truncate font-medium" : "truncate text-ink-2"}>{name}</span>
          <span aria-hidden className="relative h-4 border-line border-x bg-hover">
            <span
              className={`absolute top-1.5 h-1 rounded-full ${first ? "bg-accent/40" : "bg-ink-3/40"}`}
              style={{ left: `${low * 100}%`, width: `${(high - low) * 100}%` }}
            />
            <span
              className={`absolute top-1 -ml-1 size-2 rounded-full ${first ? "bg-accent" : "bg-ink-3"}`}
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
