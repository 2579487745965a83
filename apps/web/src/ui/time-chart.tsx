"use client";

import { type PointerEvent, useRef, useState } from "react";
import { linePath, niceCeiling } from "./chart-geometry.ts";
import { useElementWidth } from "./use-element-width.ts";

export interface TimePoint {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly value: number;
}

export interface TimeChartProps {
  readonly points: readonly TimePoint[];
  readonly unit: string;
  /** What is drawn; names the chart and its table for screen readers. */
  readonly label: string;
  readonly height?: number;
  /** The axis reaches at least this far, so that near nothing looks like near nothing. */
  readonly leastTop?: number;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const edge = { left: 40, right: 8, top: 8, bottom: 20 };

/** One measure over time, with two grid lines, a readable top and the value under the pointer. */
export function TimeChart({ points, unit, label, height = 160, leastTop = 0 }: TimeChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useElementWidth(frame);
  const [hovered, setHovered] = useState<number>();
  const plotWidth = Math.max(0, width - edge.left - edge.right);
  const plotHeight = height - edge.top - edge.bottom;
  const values = points.map((point) => point.value);
  const top = niceCeiling(Math.max(...values, leastTop));
  const line = linePath(values, { width: plotWidth, height: plotHeight, min: 0, max: top });
  const first = points[0];
  const last = points.at(-1);
  const shown = hovered === undefined ? undefined : points[hovered];
  const xOf = (index: number) => (points.length < 2 ? 0 : (index / (points.length - 1)) * plotWidth);
  const yOf = (value: number) => plotHeight - (value / top) * plotHeight;

  function follow(event: PointerEvent<SVGSVGElement>) {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left - edge.left;
    const index = Math.round((x / plotWidth) * (points.length - 1));
    setHovered(Number.isFinite(index) ? Math.min(points.length - 1, Math.max(0, index)) : undefined);
  }

  return (
    <div ref={frame} className="relative min-w-0" style={{ height }}>
      {width > 0 ? (
        <svg
          role="img"
          aria-label={`${label}${last ? `: ${Math.round(last.value)} ${unit} now, at most ${Math.round(Math.max(...values))} ${unit}` : ""}`}
          width={width}
          height={height}
          className="block text-2xs"
          onPointerMove={follow}
          onPointerLeave={() => setHovered(undefined)}
        >
          <g transform={`translate(${edge.left},${edge.top})`}>
            {[0, 0.5, 1].map((share) => (
              <g key={share} transform={`translate(0,${plotHeight * (1 - share)})`}>
                <line x2={plotWidth} stroke="var(--color-line)" shapeRendering="crispEdges" />
                <text x={-8} dy="0.32em" textAnchor="end" fill="var(--color-ink-3)">
                  {top * share >= 1000 ? `${(top * share) / 1000}k` : top * share}
                </text>
              </g>
            ))}
            {line ? (
              <>
                <path
                  d={`${line}L${plotWidth},${plotHeight}L0,${plotHeight}Z`}
                  fill="var(--color-accent)"
                  opacity={0.09}
                />
                <path d={line} fill="none" stroke="var(--color-accent)" strokeWidth={1.5} strokeLinejoin="round" />
              </>
            ) : null}
            {shown && hovered !== undefined ? (
              <g>
                <line x1={xOf(hovered)} x2={xOf(hovered)} y2={plotHeight} stroke="var(--color-line-strong)" />
                <circle cx={xOf(hovered)} cy={yOf(shown.value)} r={3} fill="var(--color-accent)" />
              </g>
            ) : null}
            {first && last ? (
              <g fill="var(--color-ink-3)" transform={`translate(0,${plotHeight + 15})`}>
                <text>{clock.format(first.at)}</text>
                <text x={plotWidth} textAnchor="end">
                  {clock.format(last.at)}
                </text>
              </g>
            ) : null}
          </g>
        </svg>
      ) : null}
      {shown && hovered !== undefined ? (
        <div
          className="pointer-events-none absolute top-1 z-10 -translate-x-1/2 whitespace-nowrap rounded-sm bg-raised px-2 py-1 text-xs shadow-raised"
          style={{ left: Math.min(width - 60, Math.max(60, edge.left + xOf(hovered))) }}
        >
          <span className="font-medium">
            {shown.value < 10 ? shown.value.toFixed(1) : Math.round(shown.value)} {unit}
          </span>{" "}
          <span className="text-ink-3">{clock.format(shown.at)}</span>
        </div>
      ) : null}
    </div>
  );
}
