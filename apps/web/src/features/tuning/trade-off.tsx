import { Panel } from "../../ui/panel.tsx";
import { Plot } from "./plot.tsx";
import { RetentionChart } from "./retention-chart.tsx";
import { percent } from "./run-state.ts";
import type { Report } from "./types.ts";

/** What was learnt against what was forgotten: each way's path, and how much was allowed. */
export function TradeOff({ mayForget, report }: { readonly report: Report; readonly mayForget: number }) {
  const { after, before, unit } = report.retention;
  const change = after / before - 1;
  const said = change <= 0 ? `${percent(-change)} better than before` : `${percent(change)} worse than before`;
  const all = report.trials.flatMap(({ rungs }) => rungs.map(({ forgot }) => forgot));
  const [least, most] = [Math.min(0, change, ...all), Math.max(mayForget * 1.5, change, ...all)];
  const pad = (most - least) * 0.06;
  const isMeasured = report.kind !== "text" && all.length > 0;
  return (
    <Panel
      title="What it learnt, what it forgot"
      note={`general text: ${before.toFixed(3)} → ${after.toFixed(3)} ${unit}, ${said}; ${percent(mayForget)} worse was allowed`}
    >
      <RetentionChart retention={report.retention} mayForget={mayForget} />
      {isMeasured ? (
        <div className="mt-5">
          <Plot
            label={`Right answers against what was forgotten, for ${report.trials.length} ways of training; the best forgot ${percent(change)}`}
            xFrom={least - pad}
            xTo={most + pad}
            xTicks={[0, mayForget]}
            xText={(value) => (value === 0 ? "as before" : `${percent(value)} worse`)}
            xName="general text →"
            yFrom={0}
            yTo={1}
          >
            {(x, y) => (
              <>
                <rect
                  x={x(mayForget)}
                  y={y(1)}
                  width={Math.max(0, x(most + pad) - x(mayForget))}
                  height={y(0) - y(1)}
                  fill="var(--color-bad-soft)"
                />
                <line x1={x(0)} x2={x(0)} y1={y(0)} y2={y(1)} stroke="var(--color-line-strong)" />
                {report.trials.map(({ id, rungs, state }) => {
                  const colour = state === "best" ? "var(--color-accent)" : "var(--color-ink-3)";
                  return (
                    <g key={id} opacity={state === "best" ? 1 : 0.6}>
                      <polyline
                        points={rungs.map(({ forgot, score }) => `${x(forgot)},${y(score)}`).join(" ")}
                        fill="none"
                        stroke={colour}
                      />
                      {rungs.map(({ forgot, score, steps }) => (
                        <circle key={steps} cx={x(forgot)} cy={y(score)} r={3} fill={colour}>
                          <title>{`Way ${id.toUpperCase()} after ${steps} steps: ${percent(score)} right`}</title>
                        </circle>
                      ))}
                    </g>
                  );
                })}
              </>
            )}
          </Plot>
        </div>
      ) : null}
      {isMeasured ? (
        <p className="mt-2 text-ink-3 text-xs">
          Each point is a way of training at one of its checkpoints, on the examples kept for choosing; the best is
          strong. In the tinted part the gate refuses.
          {report.kept < 1 ? ` The adapter was softened to ${percent(report.kept)} so that it forgets less.` : ""}
        </p>
      ) : null}
    </Panel>
  );
}
