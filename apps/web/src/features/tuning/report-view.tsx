"use client";

import { IntervalChart } from "../../ui/interval-chart.tsx";
import { Facts, Panel } from "../../ui/panel.tsx";
import { ScrollRegion } from "../../ui/scroll-region.tsx";
import { Confusion } from "./confusion.tsx";
import { WhatWouldHelp } from "./learning-curve.tsx";
import { Trials } from "./live-run.tsx";
import { Mistakes } from "./mistakes.tsx";
import { bestFirst, percent } from "./run-state.ts";
import { ShipPanel } from "./ship-panel.tsx";
import { TradeOff } from "./trade-off.tsx";
import type { Report, RunDetail } from "./types.ts";

const titles = {
  accuracy: "Right answers",
  preferred: "The better answer preferred",
  "word overlap": "Overlap of words",
} as const;

/** The verdict's evidence, then what to do: scores, what it got wrong, what was forgotten, what was chosen. */
export function ReportView({ report, run }: { readonly run: RunDetail; readonly report: Report }) {
  return (
    <>
      <ShipPanel run={run} report={report} />
      <ReportEvidence run={run} report={report} mayForget={run.config.mayForget} />
    </>
  );
}

export interface ReportEvidenceProps {
  /** Of the service: its mistakes can be corrected. */
  readonly run?: RunDetail;
  readonly report: Report;
  readonly mayForget: number;
}

export function ReportEvidence({ mayForget, report, run }: ReportEvidenceProps) {
  const { baselines, best, choices, counts, divisions, folds, measure, suspects, tuned } = report;
  const rows = [
    { name: "tuned model", ...tuned, marked: true },
    ...baselines.map((one) => ({ ...one, marked: false })),
  ].sort(bestFirst);
  return (
    <>
      <Panel
        title={titles[measure]}
        note={`on ${counts.heldOut} examples that were not learnt${folds > 1 ? `, each asked of a model trained without it (${folds}-fold cross-validation)` : ""}; 95 % intervals`}
      >
        <IntervalChart format={percent} rows={rows} />
        {divisions.length > 1 ? (
          <p className="mt-2 text-ink-3 text-xs">
            The tuned model was measured in {divisions.length} divisions of the examples:{" "}
            {divisions.map(percent).join(", ")}. The score is their mean.
          </p>
        ) : null}
      </Panel>
      {report.kind === "labels" ? <Confusion labels={report.labels} counts={report.confusion} /> : null}
      <Mistakes run={run} report={report} />
      <WhatWouldHelp report={report} />
      {suspects.length > 0 ? (
        <Panel title="Answers that may be wrong in your examples" note="a classifier that never saw them disagrees">
          <Rows
            label="Answers that may be wrong"
            heads={["Text", "Your answer", "It says"]}
            rows={suspects
              .slice(0, 20)
              .map(({ both, input, label, says }) => [
                input,
                label,
                both ? `${says}, and so does the tuned model` : says,
              ])}
          />
        </Panel>
      ) : null}
      <TradeOff report={report} mayForget={mayForget} />
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
