"use client";

import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import { niceCeiling } from "./chart-geometry.ts";
import { useElementWidth } from "./use-element-width.ts";

export interface Series {
  readonly name: string;
  /** One for each moment; null where there is nothing. */
  readonly values: readonly (number | null)[];
  /** The first is drawn strongest. */
  readonly weight: "strong" | "middle" | "faint";
}

export interface SeriesChartProps {
  /** What is drawn; names the chart for screen readers. */
  readonly label: string;
  /** The beginnings of the steps, in ms since the epoch, evenly spaced. */
  readonly moments: readonly number[];
  /** How a moment is written. */
  readonly moment: (at: number) => string;
  readonly series: readonly Series[];
  /** How a value is written, with its unit. */
  readonly format: (value: number) => string;
  /** Sums of a step are bars, levels are lines. */
  readonly kind: "bars" | "lines";
  /** Moments at which something changed, drawn as numbered lines; the numbers begin with 1. */
  readonly marks?: readonly number[];
  readonly height?: number;
}

const edge = { left: 52, right: 8, top: 8, bottom: 20 };
const opacities = { strong: 1, middle: 0.6, faint: 0.34 } as const;

/** Measures over steps of time, with two grid lines, a readable top and the values under the pointer or the arrow keys. */
export function SeriesChart({
  label,
  moments,
  moment,
  series,
  format,
  kind,
  marks = [],
  height = 168,
}: SeriesChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useElementWidth(frame);
  const [hovered, setHovered] = useState<number>();
  const plotWidth = Math.max(0, width - edge.left - edge.right);
  const plotHeight = height - edge.top - edge.bottom;
  const most = Math.max(0, ...series.flatMap(({ values }) => values.filter((value) => value !== null)));
  const top = niceCeiling(most);
  const slot = plotWidth / Math.max(1, moments.length);
  const xOf = (index: number) => (index + 0.5) * slot;
  const yOf = (value: number) => plotHeight - (value / top) * plotHeight;
  const stepMs = (moments[1] ?? 0) - (moments[0] ?? 0);
  const markX = (at: number) =>
    stepMs > 0 ? Math.min(plotWidth, Math.max(0, ((at - (moments[0] ?? 0)) / stepMs) * slot)) : 0;
  const shown = hovered === undefined ? undefined : moments[hovered];

  function follow(event: PointerEvent<SVGSVGElement>) {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left - edge.left;
    const index = Math.floor(x / slot);
    setHovered(Number.isFinite(index) ? Math.min(moments.length - 1, Math.max(0, index)) : undefined);
  }
  function step(event: KeyboardEvent) {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    const from = hovered ?? (by > 0 ? -1 : moments.length);
    setHovered(Math.min(moments.length - 1, Math.max(0, from + by)));
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: a figure of SVG is steered by arrow keys like a slider without a value.
    <div
      ref={frame}
      role="group"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys tell each step's values.
      tabIndex={0}
      className="relative min-w-0 rounded-sm focus-ring"
      style={{ height }}
      onKeyDown={step}
      onBlur={() => setHovered(undefined)}
    >
      {width > 0 ? (
        <svg
          role="img"
          aria-label={`${label}: at most ${format(most)}`}
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
                  {format(top * share)}
                </text>
              </g>
            ))}
            {hovered === undefined ? null : (
              <rect x={hovered * slot} width={slot} height={plotHeight} fill="var(--color-hover)" />
            )}
            {marks.map((at, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a mark is its number.
              <g key={index} transform={`translate(${markX(at)},0)`}>
                <line y2={plotHeight} stroke="var(--color-ink-3)" strokeDasharray="2 3" />
                <text y={-1} dx={3} dy="0.7em" fill="var(--color-ink-3)">
                  {index + 1}
                </text>
              </g>
            ))}
            {series.map(({ name, values, weight }) =>
              kind === "bars" ? (
                <g key={name} fill="var(--color-accent)" opacity={opacities[weight]}>
                  {values.map((value, index) =>
                    value === null || value === 0 ? null : (
                      <rect
                        key={moments[index]}
                        x={index * slot + slot * 0.12}
                        y={Math.min(yOf(value), plotHeight - 1)}
                        width={Math.max(1, slot * 0.76)}
                        height={Math.max(1, plotHeight - yOf(value))}
                        rx={Math.min(2, slot * 0.2)}
                      />
                    ),
                  )}
                </g>
              ) : (
                <g key={name} opacity={opacities[weight]}>
                  <path d={pathOf(values, xOf, yOf)} fill="none" stroke="var(--color-accent)" strokeWidth={1.5} />
                  {values.map((value, index) =>
                    value === null ? null : (
                      <circle
                        key={moments[index]}
                        cx={xOf(index)}
                        cy={yOf(value)}
                        r={1.75}
                        fill="var(--color-accent)"
                      />
                    ),
                  )}
                </g>
              ),
            )}
            <g fill="var(--color-ink-3)" transform={`translate(0,${plotHeight + 15})`}>
              {moments[0] === undefined ? null : <text>{moment(moments[0])}</text>}
              <text x={plotWidth} textAnchor="end">
                {moment(moments.at(-1) ?? 0)}
              </text>
            </g>
          </g>
        </svg>
      ) : null}
      <p className="sr-only" aria-live="polite">
        {shown === undefined || hovered === undefined ? "" : `${moment(shown)}: ${spoken(series, hovered, format)}`}
      </p>
      {shown === undefined || hovered === undefined ? null : (
        <div
          aria-hidden
          className="pointer-events-none absolute top-1 z-10 grid -translate-x-1/2 gap-0.5 whitespace-nowrap rounded-sm bg-raised px-2 py-1 text-xs shadow-raised"
          style={{ left: Math.min(width - 76, Math.max(76, edge.left + xOf(hovered))) }}
        >
          <span className="text-ink-3">{moment(shown)}</span>
          {series.map(({ name, values }) => (
            <span key={name} className="flex justify-between gap-3">
              <span className="text-ink-2">{name}</span>
              <span className="font-medium">{told(values[hovered], format)}</span>
            </span>
          ))}
        </div>
      )}
    </div>
  );
}

/** A line through what is there; it breaks where nothing is. */
function pathOf(values: readonly (number | null)[], xOf: (index: number) => number, yOf: (value: number) => number) {
  let path = "";
  let drawing = false;
  values.forEach((value, index) => {
    if (value !== null) path += `${drawing ? "L" : "M"}${xOf(index).toFixed(2)},${yOf(value).toFixed(2)}`;
    drawing = value !== null;
  });
  return path;
}

function told(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? "–" : format(value);
}

function spoken(series: readonly Series[], index: number, format: (value: number) => string): string {
  return series.map(({ name, values }) => `${name} ${told(values[index], format)}`).join(", ");
}
