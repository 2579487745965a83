import { linePath } from "./chart-geometry.ts";

export interface SparklineProps {
  readonly values: readonly number[];
  /** What the line shows, for those who don't see it. */
  readonly label: string;
  readonly height?: number;
}

/** A line the size of a word: the shape of the last minutes, without axes. */
export function Sparkline({ values, label, height = 24 }: SparklineProps) {
  const width = 120;
  const line = linePath(values, { width, height: height - 3, max: Math.max(...values, 1e-9), min: 0 });
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 -1.5 ${width} ${height}`}
      preserveAspectRatio="none"
      className="block w-full overflow-visible text-accent"
      style={{ height }}
    >
      {line ? (
        <>
          <path d={`${line}L${width},${height - 3}L0,${height - 3}Z`} fill="currentColor" opacity={0.1} />
          <path d={line} fill="none" stroke="currentColor" strokeWidth={1.5} vectorEffect="non-scaling-stroke" />
        </>
      ) : (
        <path d={`M0,${height - 3}H${width}`} stroke="var(--color-line-strong)" strokeDasharray="2 3" />
      )}
    </svg>
  );
}
