"use client";

import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Sparkline } from "../../ui/sparkline.tsx";
import { Stat } from "../../ui/stat.tsx";
import { TimeChart } from "../../ui/time-chart.tsx";

interface Plan {
  readonly name: string;
  readonly accuracy: number;
  readonly latencyMs: number;
  readonly cost: number;
}

const plans: readonly Plan[] = [
  { name: "cascade", accuracy: 0.9, latencyMs: 212, cost: 0.009 },
  { name: "qwen3-0.6b, 8-shot", accuracy: 0.88, latencyMs: 640, cost: 0.031 },
  { name: "nearest neighbour", accuracy: 0.78, latencyMs: 4, cost: 0.0001 },
  { name: "tug-small, 0-shot", accuracy: 0.41, latencyMs: 88, cost: 0.004 },
];

const columns: readonly Column<Plan>[] = [
  {
    id: "name",
    header: "Plan",
    value: (plan) => plan.name,
    cell: (plan) => <span className="font-medium">{plan.name}</span>,
  },
  {
    id: "accuracy",
    header: "Accuracy",
    numeric: true,
    value: (plan) => plan.accuracy,
    cell: (plan) => plan.accuracy.toFixed(2),
  },
  {
    id: "latency",
    header: "p95",
    numeric: true,
    value: (plan) => plan.latencyMs,
    cell: (plan) => (
      <>
        {plan.latencyMs} <span className="text-ink-3">ms</span>
      </>
    ),
  },
  {
    id: "cost",
    header: "Per 1k",
    numeric: true,
    wide: true,
    value: (plan) => plan.cost,
    cell: (plan) => `$${plan.cost}`,
  },
];

const start = Date.UTC(2026, 0, 5, 9, 0, 0);
const wave = Array.from({ length: 60 }, (_, index) => 220 + 90 * Math.sin(index / 6) + 40 * Math.sin(index / 1.7));
const points = wave.map((value, index) => ({ at: start + index * 15_000, value }));

export function Data() {
  return (
    <div className="grid items-start gap-6 lg:grid-cols-2">
      <div className="grid gap-6">
        <Panel>
          <dl className="grid grid-cols-2 gap-6">
            <Stat label="Accuracy" figure={{ value: "0.90" }} note="[0.82, 0.95], 60 examples; before 0.79" />
            <Stat
              label="Decode"
              figure={{ value: "412", unit: "tok/s" }}
              note="on this machine"
              chart={<Sparkline values={wave.slice(0, 40)} label="Decode speed over the last ten minutes" />}
            />
            <Stat label="Loading" figure={undefined} note="a skeleton of the same size" />
            <Stat label="Not measured" figure={null} note="a dash, never a zero" />
          </dl>
        </Panel>
        <Panel title="Tokens per second" note="an example">
          <TimeChart points={points} unit="tok/s" label="Tokens per second, an example" height={140} />
        </Panel>
      </div>
      <Panel title="Table" note="sorts, filters, exports" padded={false}>
        <DataTable label="Plans" rows={plans} columns={columns} rowKey={(plan) => plan.name} empty={null} />
      </Panel>
    </div>
  );
}
