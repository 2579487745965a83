"use client";

import { useRef } from "react";
import { niceCeiling } from "../../ui/chart-geometry.ts";
import { duration, formatCount, written } from "../../ui/format.ts";
import { useElementWidth } from "../../ui/use-element-width.ts";
import type { Span } from "./types.ts";

const edge = { left: 40, right: 12, top: 10, bottom: 22 };
const height = 150;

/** The moments at which tokens came, as the step that wrote them told. */
export function tokenMoments(spans: readonly Span[]): readonly { readonly ms: number; readonly tokens: number }[] {
  const told = spans.find(({ attributes }) => Array.isArray(attributes["tugboat.tokens"]))?.attributes;
  const at = told?.["tugboat.tokens_at_ms"];
  const counts = told?.["tugboat.tokens"];
  if (!Array.isArray(at) || !Array.isArray(counts)) return [];
  return at.flatMap((ms, index) => {
    const tokens: unknown = counts[index];
    return typeof ms === "number" && typeof tokens === "number" ? [{ ms, tokens }] : [];
  });
}

/** Tokens over time since the first one: steady is a straight line, a stall is a step. */
export function TokenChart({ spans }: { readonly spans: readonly Span[] }) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useElementWidth(frame);
  const moments = tokenMoments(spans);
  const last = moments.at(-1);
  if (last === undefined || last.ms === 0) return null;
  const plotWidth = Math.max(0, width - edge.left - edge.right);
  const plotHeight = height - edge.top - edge.bottom;
  const top = niceCeiling(last.tokens);
  const x = (ms: number) => (ms / last.ms) * plotWidth;
  const y = (tokens: number) => plotHeight - (tokens / top) * plotHeight;
  const line = moments.map(({ ms, tokens }, index) => `${index === 0 ? "M" : "L"}${x(ms)},${y(tokens)}`).join("");
  const first = moments[0]?.tokens ?? 0;
  const rate = ((last.tokens - first) * 1000) / last.ms;
  const said = `${formatCount(last.tokens)} tokens in ${written(duration(last.ms))}, ${rate.toFixed(1)} a second`;
  return (
    <div className="grid gap-2">
      <p className="text-ink-2">{said}.</p>
      <div ref={frame} className="min-w-0" style={{ height }}>
        {width > 0 ? (
          <svg
            role="img"
            aria-label={`Tokens over time: ${said}`}
            width={width}
            height={height}
            className="block text-2xs"
          >
            <g transform={`translate(${edge.left},${edge.top})`}>
              {[0, 0.5, 1].map((share) => (
                <g key={share} transform={`translate(0,${plotHeight * (1 - share)})`}>
                  <line x2={plotWidth} stroke="var(--color-line)" shapeRendering="crispEdges" />
                  <text x={-8} dy="0.32em" textAnchor="end" fill="var(--color-ink-3)">
                    {top * share}
                  </text>
                </g>
              ))}
              <path d={line} fill="none" stroke="var(--color-accent)" strokeWidth={1.5} strokeLinejoin="round" />
              <g fill="var(--color-ink-3)" transform={`translate(0,${plotHeight + 16})`}>
                <text>first token</text>
                <text x={plotWidth} textAnchor="end">
                  {written(duration(last.ms))} later
                </text>
              </g>
            </g>
          </svg>
        ) : null}
      </div>
    </div>
  );
}
