"use client";

import { useState } from "react";
import { compact, duration, written } from "../../ui/format.ts";
import { money } from "../../ui/money.ts";
import { Panel } from "../../ui/panel.tsx";
import { SeriesChart } from "../../ui/series-chart.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import type { UsageReport } from "./usage-page.tsx";

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const hour = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "UTC",
});

const sums = [
  { id: "cost", name: "Cost", format: money },
  { id: "requests", name: "Requests", format: (value: number) => written(compact(value)) },
  { id: "tokens", name: "Tokens", format: (value: number) => written(compact(value)) },
] as const;
type SumId = (typeof sums)[number]["id"];

const times = [
  { id: "ttft", name: "First token" },
  { id: "itl", name: "Between tokens" },
  { id: "duration", name: "Whole answer" },
  { id: "queue", name: "Queue" },
] as const;
type TimeId = (typeof times)[number]["id"];

export interface UsageChartsProps {
  readonly report: UsageReport | undefined;
  /** When something of what answers changed, in ms since the epoch. */
  readonly changes: readonly number[];
}

/** What was used, and how long it took, over time. */
export function UsageCharts({ changes, report }: UsageChartsProps) {
  const [sum, setSum] = useState<SumId>();
  const [time, setTime] = useState<TimeId>("ttft");
  // Where nothing is priced, a chart of nothing says less than the requests do.
  const shownSum = sum ?? (report && report.costMicroUsd === 0 ? "requests" : "cost");
  const moments = report?.series.map(({ at }) => Date.parse(at)) ?? [];
  const moment = (at: number) => (report?.step === "hour" ? hour : day).format(at);
  const step = report?.step === "hour" ? "each hour" : "each day";
  const of = sums.find(({ id }) => id === shownSum) ?? sums[0];
  return (
    <div className="grid gap-6 lg:grid-cols-2">
      <Panel
        title="Used"
        note={step}
        actions={<Choice label="What is drawn" of={sums} chosen={shownSum} onChoose={setSum} />}
      >
        {report === undefined ? (
          <Skeleton className="h-[168px]" />
        ) : (
          <SeriesChart
            label={`${of.name}, ${step}`}
            moments={moments}
            moment={moment}
            kind="bars"
            format={of.format}
            series={[{ name: of.name, weight: "strong", values: report.series.map((point) => sumOf(point, shownSum)) }]}
          />
        )}
      </Panel>
      <Panel
        title="Latency"
        note="median, 95 %, 99 %"
        actions={<Choice label="Which time is drawn" of={times} chosen={time} onChoose={setTime} />}
      >
        {report === undefined ? (
          <Skeleton className="h-[168px]" />
        ) : (
          <SeriesChart
            label={`${times.find(({ id }) => id === time)?.name ?? "Latency"}, ${step}`}
            moments={moments}
            moment={moment}
            kind="lines"
            marks={changes}
            format={(ms) => (ms === 0 ? "0" : written(duration(ms)))}
            series={(["p50", "p95", "p99"] as const).map((quantile, index) => ({
              name: quantile,
              weight: (["strong", "middle", "faint"] as const)[index] ?? "faint",
              values: report.series.map(({ latency }) => latency[time]?.[quantile] ?? null),
            }))}
          />
        )}
      </Panel>
    </div>
  );
}

function sumOf(point: UsageReport["series"][number], what: SumId): number {
  if (what === "cost") return point.costMicroUsd;
  return what === "requests" ? point.requests : point.inputTokens + point.outputTokens;
}

interface ChoiceProps<Id extends string> {
  readonly label: string;
  readonly of: readonly { readonly id: Id; readonly name: string }[];
  readonly chosen: Id;
  readonly onChoose: (id: Id) => void;
}

function Choice<Id extends string>({ label, of, chosen, onChoose }: ChoiceProps<Id>) {
  return (
    <select
      aria-label={label}
      value={chosen}
      onChange={(event) => {
        const found = of.find(({ id }) => id === event.currentTarget.value);
        if (found) onChoose(found.id);
      }}
      className="control-h-sm cursor-pointer rounded-sm bg-transparent px-1.5 text-ink-2 text-xs focus-ring hover:bg-hover [&>option]:bg-raised"
    >
      {of.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}
