"use client";

import { useRef } from "react";
import { useElementWidth } from "../../ui/use-element-width.ts";
import type { Summary } from "./types.ts";
import { dollars, milliseconds, percent } from "./words.ts";

const height = 220;
const lineHeight = 13;
const pad = { left: 44, right: 16, top: 12, bottom: 34 };

/** Quality against cost, or against time where nothing costs anything; the line joins those that no other beats on both. */
export function FrontierChart({ evaluator, summary }: { readonly summary: Summary; readonly evaluator: number }) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useElementWidth(frame);
  const free = summary.candidates.every(({ costPer1k }) => costPer1k === 0);
  const price = (one: Summary["candidates"][number]) => (free ? one.latencyP95Ms : one.costPer1k);
  const most = Math.max(1e-9, ...summary.candidates.map(price)) * 1.15;
  const x = (value: number) => pad.left + (value / most) * Math.max(0, width - pad.left - pad.right);
  const y = (share: number) => pad.top + (1 - share) * (height - pad.top - pad.bottom);
  const told = free ? milliseconds : dollars;
  const quality = (one: Summary["candidates"][number]) => one.scores[evaluator]?.score ?? 0;
  const isBeaten = (own: Summary["candidates"][number]) =>
    summary.candidates.some(
      (other) =>
        quality(other) >= quality(own) &&
        price(other) <= price(own) &&
        (quality(other) > quality(own) || price(other) < price(own)),
    );
  const frontier = summary.candidates.filter((one) => !isBeaten(one)).sort((a, b) => price(a) - price(b));
  // Names that would lie on each other move apart, upwards.
  let highest = Number.POSITIVE_INFINITY;
  const placed = [...summary.candidates]
    .sort((a, b) => quality(a) - quality(b))
    .map((one) => {
      const at = x(price(one));
      const labelY = Math.min(y(quality(one)) + 4, highest);
      highest = labelY - lineHeight;
      return { one, at, right: at > width * 0.5, labelY };
    });
  const axis = free ? "time to answer (p95)" : "cost of a thousand requests";
  const words = summary.candidates
    .map((one) => `${one.name}: ${percent(quality(one))} for ${told(price(one))}`)
    .join("; ");
  const unbeaten = frontier.map(({ name }) => name).join(", ");
  return (
    <div ref={frame} className="min-w-0">
      <svg
        width={width}
        height={height}
        role="img"
        aria-label={`Score against ${axis}. ${words}. On the frontier: ${unbeaten}.`}
        className="block"
      >
        {[0, 0.25, 0.5, 0.75, 1].map((share) => (
          <g key={share}>
            <line x1={pad.left} x2={width - pad.right} y1={y(share)} y2={y(share)} className="stroke-line" />
            <text x={pad.left - 8} y={y(share) + 4} textAnchor="end" className="fill-ink-3 text-2xs tabular-nums">
              {Math.round(share * 100)}
            </text>
          </g>
        ))}
        {[0, 0.5, 1].map((share) => (
          <text
            key={share}
            x={x(most * share)}
            y={height - 18}
            textAnchor={share === 1 ? "end" : share === 0 ? "start" : "middle"}
            className="fill-ink-3 text-2xs tabular-nums"
          >
            {told(most * share)}
          </text>
        ))}
        <text x={width - pad.right} y={height - 3} textAnchor="end" className="fill-ink-3 text-2xs">
          {axis}
        </text>
        <polyline
          points={frontier.map((one) => `${x(price(one))},${y(one.scores[evaluator]?.score ?? 0)}`).join(" ")}
          className="fill-none stroke-accent/50"
          strokeWidth={1.5}
          strokeDasharray="4 3"
        />
        {placed.map(({ at, labelY, one, right }) => {
          const { high = 1, low = 0, score = 0 } = one.scores[evaluator] ?? {};
          return (
            <g key={one.name} className={frontier.includes(one) ? "text-accent" : "text-ink-3"}>
              <line
                x1={at}
                x2={at}
                y1={y(low)}
                y2={y(high)}
                stroke="currentColor"
                strokeOpacity={0.5}
                strokeWidth={2}
              />
              <circle cx={at} cy={y(score)} r={5} fill="currentColor" />
              <text
                x={at + (right ? -9 : 9)}
                y={labelY}
                textAnchor={right ? "end" : "start"}
                className="fill-ink text-2xs"
              >
                {one.name.length > 28 ? `${one.name.slice(0, 27)}…` : one.name}
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}
