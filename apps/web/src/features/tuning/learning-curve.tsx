import { Panel } from "../../ui/panel.tsx";
import { Plot } from "./plot.tsx";
import { percent } from "./run-state.ts";
import type { Report } from "./types.ts";

/** What more examples would bring, and which. */
export function WhatWouldHelp({ report }: { readonly report: Report }) {
  const { advice, curve, worth } = report;
  if (curve === null && advice.length === 0 && worth.length === 0) return null;
  return (
    <Panel title="What would help" note={curve?.sentence}>
      <div className="grid gap-4">
        {curve === null ? null : <Curve curve={curve} />}
        {advice.length > 0 ? (
          <ul className="grid list-disc gap-1 pl-4">
            {advice.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        ) : null}
        {worth.length > 0 ? (
          <div className="grid gap-2">
            <h3 className="text-ink-2 text-xs">Texts like these would teach most</h3>
            <ul className="grid gap-2">
              {worth.map(({ answer, input, other, sure, why }) => (
                <li key={input} className="grid gap-1 sm:grid-cols-[minmax(0,1fr)_minmax(0,14rem)] sm:items-center">
                  <span>{input}</span>
                  <span className="grid gap-0.5 text-ink-3 text-xs">
                    {why === "wavers" ? `wavers between ${answer} and ${other}` : "nothing else here is like it"}
                    <span aria-hidden className="h-1 overflow-hidden rounded-full bg-hover">
                      <span className="block h-full bg-accent" style={{ width: `${sure * 100}%` }} />
                    </span>
                    <span>
                      {percent(sure)} sure of {answer}
                    </span>
                  </span>
                </li>
              ))}
            </ul>
          </div>
        ) : null}
      </div>
    </Panel>
  );
}

function Curve({ curve }: { readonly curve: NonNullable<Report["curve"]> }) {
  const { gain, points } = curve;
  const last = points.at(-1);
  const first = points[0];
  if (first === undefined || last === undefined) return null;
  const clamp = (share: number) => Math.max(0, Math.min(1, share));
  const then = last.size + gain.more;
  return (
    <Plot
      label={`Score by number of examples: ${points.map(({ score, size }) => `${percent(score)} from ${size}`).join(", ")}. ${curve.sentence}`}
      xFrom={0}
      xTo={then * 1.05}
      xTicks={[...points.map(({ size }) => size), then]}
      xText={String}
      xName="examples learnt from →"
      yFrom={0}
      yTo={1}
      height={180}
    >
      {(x, y) => (
        <>
          <polygon
            points={[
              `${x(last.size)},${y(last.score)}`,
              `${x(then)},${y(clamp(last.score + gain.high))}`,
              `${x(then)},${y(clamp(last.score + gain.low))}`,
            ].join(" ")}
            fill="var(--color-accent-soft)"
          />
          <polyline
            points={points.map(({ score, size }) => `${x(size)},${y(score)}`).join(" ")}
            fill="none"
            stroke="var(--color-accent)"
            strokeWidth={1.5}
          />
          <line
            x1={x(last.size)}
            y1={y(last.score)}
            x2={x(then)}
            y2={y(clamp(last.score + gain.score))}
            stroke="var(--color-accent)"
            strokeDasharray="4 3"
          />
          {points.map(({ score, size }) => (
            <circle key={size} cx={x(size)} cy={y(score)} r={3} fill="var(--color-accent)" />
          ))}
        </>
      )}
    </Plot>
  );
}
