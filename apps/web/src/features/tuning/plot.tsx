"use client";

import { type ReactNode, useRef } from "react";
import { useElementWidth } from "../../ui/use-element-width.ts";
import { percent } from "./run-state.ts";

const edge = { left: 44, right: 16, top: 10, bottom: 34 };

export interface PlotProps {
  /** What is drawn, in words. */
  readonly label: string;
  readonly xFrom: number;
  readonly xTo: number;
  /** Where a number stands below, and how it is written. */
  readonly xTicks: readonly number[];
  readonly xText: (value: number) => string;
  readonly xName: string;
  /** Of scores: both from 0 to 1. */
  readonly yFrom: number;
  readonly yTo: number;
  readonly height?: number;
  readonly children: (x: (value: number) => number, y: (value: number) => number) => ReactNode;
}

/** In pixels: what is closer to the number before it would be written over it. */
const leastApart = 64;

function apart(ticks: readonly number[], x: (value: number) => number): number[] {
  const kept: number[] = [];
  for (const tick of ticks) {
    const last = kept.at(-1);
    if (last === undefined || x(tick) - x(last) >= leastApart) kept.push(tick);
  }
  return kept;
}

/** A plane with scores upwards. */
export function Plot({ label, xFrom, xTo, xTicks, xText, xName, yFrom, yTo, height = 200, children }: PlotProps) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useElementWidth(frame);
  const inner = { width: Math.max(0, width - edge.left - edge.right), height: height - edge.top - edge.bottom };
  const x = (value: number) => ((value - xFrom) / (xTo - xFrom || 1)) * inner.width;
  const y = (value: number) => inner.height - ((value - yFrom) / (yTo - yFrom || 1)) * inner.height;
  return (
    <div ref={frame} className="min-w-0" style={{ height }}>
      {width > 0 ? (
        <svg role="img" aria-label={label} width={width} height={height} className="block text-2xs">
          <g transform={`translate(${edge.left},${edge.top})`}>
            {[yFrom, (yFrom + yTo) / 2, yTo].map((score) => (
              <g key={score} transform={`translate(0,${y(score)})`}>
                <line x2={inner.width} stroke="var(--color-line)" shapeRendering="crispEdges" />
                <text x={-8} dy="0.32em" textAnchor="end" fill="var(--color-ink-3)">
                  {percent(score)}
                </text>
              </g>
            ))}
            {children(x, y)}
            <g fill="var(--color-ink-3)" transform={`translate(0,${inner.height})`}>
              {apart(xTicks, x).map((tick) => (
                <text key={tick} x={x(tick)} y={14} textAnchor="middle">
                  {xText(tick)}
                </text>
              ))}
              <text x={inner.width} y={29} textAnchor="end">
                {xName}
              </text>
            </g>
          </g>
        </svg>
      ) : null}
    </div>
  );
}
