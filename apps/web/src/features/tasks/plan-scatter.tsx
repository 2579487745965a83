"use client";

import { useRef, useState } from "react";
import { Select } from "../../ui/field.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useElementWidth } from "../../ui/use-element-width.ts";
import type { Entry, Report } from "./types.ts";
import { latency, scoreText, usd } from "./words.ts";

const height = 260;
const frame = { left: 36, right: 12, top: 12, bottom: 30 };

type Axis = "latency" | "cost";

/** Every measured way: quality upwards, latency or cost to the right, with lines where the requirements are. */
export function PlanScatter({ live, report }: { readonly report: Report; readonly live: number | null }) {
  const box = useRef<HTMLDivElement>(null);
  const width = useElementWidth(box);
  const hasCosts = report.entries.some(({ figures }) => figures.costPer1kUsd > 0);
  const [axis, setAxis] = useState<Axis>("latency");
  const of = ({ figures }: Entry) => (axis === "latency" ? figures.latencyP95Ms : figures.costPer1kUsd);
  const wanted = axis === "latency" ? report.require.latencyP95Ms : report.require.costPer1kUsd;
  const values = report.entries.map(of).filter((value) => value > 0);
  const all = [...values, ...(wanted !== undefined && wanted > 0 ? [wanted] : [])];
  const [least, most] = all.length === 0 ? [1, 10] : [Math.min(...all) / 1.3, Math.max(...all) * 1.3];
  const x = (value: number) => {
    const share = Math.log(Math.max(value, least) / least) / Math.log(most / least);
    return frame.left + share * Math.max(0, width - frame.left - frame.right);
  };
  const y = (score: number) => frame.top + (1 - score) * (height - frame.top - frame.bottom);
  const shown = [...report.entries].reverse();
  const text = axis === "latency" ? latency : usd;
  const floor = report.require.quality;
  return (
    <Panel
      title="What was found"
      note={axis === "latency" ? "quality against p95 latency" : "quality against cost"}
      actions={
        hasCosts ? (
          <Select
            aria-label="Compare by"
            value={axis}
            onChange={(event) => setAxis(event.currentTarget.value === "cost" ? "cost" : "latency")}
          >
            <option value="latency">Latency</option>
            <option value="cost">Cost</option>
          </Select>
        ) : null
      }
    >
      <div ref={box} className="min-w-0">
        <svg
          width="100%"
          height={height}
          role="img"
          aria-label={described(report, axis)}
          className="block overflow-visible text-2xs"
        >
          {width > 0 ? (
            <>
              {[0, 0.25, 0.5, 0.75, 1].map((score) => (
                <g key={score}>
                  <line x1={frame.left} x2={width - frame.right} y1={y(score)} y2={y(score)} className="stroke-line" />
                  <text x={frame.left - 6} y={y(score) + 4} textAnchor="end" className="fill-ink-3">
                    {score}
                  </text>
                </g>
              ))}
              {ticks(least, most).map((value) => (
                <text key={value} x={x(value)} y={height - 10} textAnchor="middle" className="fill-ink-3">
                  {text(value)}
                </text>
              ))}
              {floor === undefined ? null : (
                <line
                  x1={frame.left}
                  x2={width - frame.right}
                  y1={y(floor)}
                  y2={y(floor)}
                  strokeDasharray="4 3"
                  className="stroke-accent"
                />
              )}
              {wanted === undefined || wanted <= 0 ? null : (
                <line
                  x1={x(wanted)}
                  x2={x(wanted)}
                  y1={frame.top}
                  y2={height - frame.bottom}
                  strokeDasharray="4 3"
                  className="stroke-accent"
                />
              )}
              {shown.map((entry) => {
                const isPlan = entry === report.entries[0];
                const isLive = entry.plan !== null && entry.plan === live;
                const { figures } = entry;
                return (
                  <g key={entry.key} opacity={entry.complete ? 1 : 0.45}>
                    <title>{`${entry.name}: ${report.measure} ${scoreText(figures.score)} (${scoreText(figures.low)} to ${scoreText(figures.high)}), p95 ${latency(figures.latencyP95Ms)}, ${usd(figures.costPer1kUsd)} per 1,000`}</title>
                    {entry.complete ? (
                      <line
                        x1={x(of(entry))}
                        x2={x(of(entry))}
                        y1={y(figures.high)}
                        y2={y(figures.low)}
                        className={isPlan ? "stroke-accent" : "stroke-line-strong"}
                      />
                    ) : null}
                    <circle
                      cx={x(of(entry))}
                      cy={y(figures.score)}
                      r={isPlan ? 6 : 4}
                      className={isPlan || isLive ? "fill-accent" : figures.meets ? "fill-good" : "fill-ink-3"}
                    />
                    {entry.spec.kind === "cascade" ? (
                      <circle cx={x(of(entry))} cy={y(figures.score)} r={9} fill="none" className="stroke-ink-3" />
                    ) : null}
                  </g>
                );
              })}
            </>
          ) : null}
        </svg>
      </div>
      <p className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-ink-3 text-xs">
        <Key className="bg-accent">the plan</Key>
        <Key className="bg-good">meets everything too</Key>
        <Key className="bg-ink-3">does not</Key>
        <span>faint: stopped early</span>
        {floor === undefined && wanted === undefined ? null : <span>dashed: what is required</span>}
      </p>
    </Panel>
  );
}

function Key({ children, className }: { readonly className: string; readonly children: string }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <span aria-hidden className={`size-2 rounded-full ${className}`} />
      {children}
    </span>
  );
}

/** Three places on a logarithmic axis, at figures a person would write. */
function ticks(least: number, most: number): number[] {
  const steps = [0.2, 0.5, 0.8].map((share) => least * (most / least) ** share);
  return [...new Set(steps.map((value) => Number(value.toPrecision(1))))].filter(
    (value) => value >= least && value <= most,
  );
}

function described({ entries, measure }: Report, axis: Axis): string {
  const best = entries[0];
  const by = axis === "latency" ? "latency" : "cost";
  return best === undefined
    ? "Nothing was measured"
    : `${entries.length} ways by ${measure} and ${by}; the plan is ${best.name} with ${scoreText(best.figures.score)}`;
}
