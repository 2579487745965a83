"use client";

import { Facts, Panel } from "../../ui/panel.tsx";
import { ScrollRegion } from "../../ui/scroll-region.tsx";
import { Confusion } from "./confusion.tsx";
import { IntervalChart } from "./interval-chart.tsx";
import { Trials } from "./live-run.tsx";
import { percent } from "./run-state.ts";
import { ShipPanel } from "./ship-panel.tsx";
import type { Report, RunDetail } from "./types.ts";

/** The verdict's evidence, then what to do: scores, what it got wrong, what was forgotten, what was chosen. */
export function ReportView({ report, run }: { readonly run: RunDetail; readonly report: Report }) {
  const { advice, baselines, best, choices, counts, measure, suspects, tuned, wrong } = report;
  const rows = [
    { name: "tuned model", ...tuned, isTuned: true },
    ...baselines.map((one) => ({ ...one, isTuned: false })),
  ];
  return (
    <>
      <ShipPanel run={run} report={report} />
      <Panel
        title={measure === "accuracy" ? "Right answers" : "Overlap of words"}
        note={`on ${counts.heldOut} held-out examples, 95 % intervals`}
      >
        <IntervalChart rows={rows} />
      </Panel>
      {report.kind === "labels" ? <Confusion labels={report.labels} counts={report.confusion} /> : null}
      <Panel title="What it got wrong" note={`${wrong.length} of ${counts.heldOut}`}>
        {wrong.length === 0 ? <p className="text-ink-2">Nothing, on the examples that were held out.</p> : null}
        {wrong.length > 0 ? (
          <Rows
            label="What it got wrong"
            heads={["Text", "Expected", "Answered"]}
            rows={wrong.slice(0, 50).map(({ answer, expected, input }) => [input, expected, answer])}
          />
        ) : null}
      </Panel>
      {advice.length > 0 ? (
        <Panel title="What would help">
          <ul className="grid list-disc gap-1 pl-4">
            {advice.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        </Panel>
      ) : null}
      {suspects.length > 0 ? (
        <Panel title="Answers that may be wrong in your examples" note="a classifier that never saw them disagrees">
          <Rows
            label="Answers that may be wrong"
            heads={["Text", "Your answer", "It says"]}
            rows={suspects.slice(0, 20).map(({ input, label, says }) => [input, label, says])}
          />
        </Panel>
      ) : null}
      <Retention report={report} mayForget={run.config.mayForget} />
      <Trials trials={report.trials} />
      <Panel title="Chosen for you">
        <Facts
          facts={choices.map(({ chosen, what, why }) => ({
            name: what,
            value: (
              <>
                {chosen}
                <span className="block text-ink-3 text-xs">{why}</span>
              </>
            ),
          }))}
        />
        <p className="mt-3 text-ink-3 text-xs">
          Way {best.trial.toUpperCase()}; adapter for peft at{" "}
          <code className="break-all font-mono">{report.adapter}</code>
        </p>
      </Panel>
    </>
  );
}

function Retention({ mayForget, report }: { readonly report: Report; readonly mayForget: number }) {
  const { after, before, unit } = report.retention;
  const change = after / before - 1;
  const said = change <= 0 ? `${percent(-change)} better than before` : `${percent(change)} worse than before`;
  return (
    <Panel title="What it forgot" note="general text that nobody taught it">
      <Facts
        facts={[
          { name: "Before", value: `${before.toFixed(3)} ${unit}` },
          { name: "After", value: `${after.toFixed(3)} ${unit}: ${said}` },
          { name: "Allowed", value: `${percent(mayForget)} worse` },
        ]}
      />
    </Panel>
  );
}

interface RowsProps {
  readonly label: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function Rows({ heads, label, rows }: RowsProps) {
  return (
    <ScrollRegion label={label} className="focus-ring max-h-96 overflow-auto rounded-md border border-line">
      <table className="w-full min-w-[520px] text-left">
        <thead className="text-ink-3 text-xs">
          <tr className="border-line border-b">
            {heads.map((head) => (
              <th key={head} className="px-3 py-2 font-medium">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells) => (
            <tr key={cells.join("\n")} className="border-line border-b align-top last:border-b-0">
              {cells.map((cell, column) => (
                <td key={heads[column]} className="px-3 py-1.5">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
