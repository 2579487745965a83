"use client";

import { useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { CodeBlock } from "../../ui/code-block.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Evidence } from "./evidence.tsx";
import type { Entry, Report, TaskDetail } from "./types.ts";
import { broken, latency, scoreText, servingPlan, usd } from "./words.ts";

/** EXPLAIN: the plan as a tree, every one that lost with its reason, and what was not tried. */
export function ExplainView({ report, task }: { readonly task: TaskDetail; readonly report: Report }) {
  const [shown, setShown] = useState<Entry>();
  const [asText, setAsText] = useState(false);
  const release = task.releases[0];
  const plan =
    report.entries.find((one) => one.plan !== null && one.plan === servingPlan(release)) ?? report.entries[0];
  if (plan === undefined) return null;
  const lost = report.entries.filter((one) => one.key !== plan.key);
  const measured = lost.filter(({ complete }) => complete);
  const early = lost.filter(({ complete }) => !complete);
  return (
    <Panel
      title="EXPLAIN"
      note={`measured on ${report.heldOut} held-out examples`}
      padded={false}
      actions={
        <Button size="sm" kind="quiet" aria-pressed={asText} onClick={() => setAsText(!asText)}>
          {asText ? "As a tree" : "As text"}
        </Button>
      }
    >
      {asText && task.tree !== null ? (
        <CodeBlock what="EXPLAIN" code={task.tree} />
      ) : (
        <div className="grid gap-5 p-4">
          <Tree
            entry={plan}
            report={report}
            isLive={release !== undefined && plan.plan === release.plan}
            cached={cachedShare(task)}
            onEvidence={() => setShown(plan)}
          />
          {measured.length > 0 ? <Lost title="Lost" entries={measured} report={report} onEvidence={setShown} /> : null}
          {early.length > 0 ? (
            <details>
              <summary className="cursor-pointer rounded-sm text-ink-2 text-xs focus-ring">
                {early.length} more stopped early: they could not win any more
              </summary>
              <div className="mt-3">
                <Lost title="Stopped early" entries={early} report={report} onEvidence={setShown} />
              </div>
            </details>
          ) : null}
          {report.notTried.length > 0 ? (
            <section className="grid gap-1.5">
              <h3 className="font-medium text-ink-2 text-xs">Not tried</h3>
              <ul className="grid gap-1">
                {report.notTried.map(({ name, why }) => (
                  <li key={`${name} ${why}`} className="break-words text-xs">
                    <span className="text-ink-2">{name}</span> <span className="text-ink-3">{why}</span>
                  </li>
                ))}
              </ul>
            </section>
          ) : null}
          <Effort report={report} />
        </div>
      )}
      {shown ? <Evidence task={task.name} entry={shown} onClose={() => setShown(undefined)} /> : null}
    </Panel>
  );
}

function cachedShare({ live, releases }: TaskDetail): number | null {
  const mine = live.find(({ plan }) => plan === servingPlan(releases[0]));
  return mine === undefined || mine.requests === 0 ? null : mine.cached / mine.requests;
}

interface TreeProps {
  readonly entry: Entry;
  readonly report: Report;
  readonly isLive: boolean;
  readonly cached: number | null;
  onEvidence(): void;
}

function Tree({ cached, entry, isLive, onEvidence, report }: TreeProps) {
  const { branches, figures, spec } = entry;
  const rows = [
    ...(spec.cache
      ? [
          {
            name: "exact cache",
            role: cached === null ? "the same input again" : `${Math.round(cached * 100)} % of traffic`,
            share: null,
          },
        ]
      : []),
    ...(spec.kind === "route"
      ? [
          {
            name: `classifier on embeddings (${spec.embedder})`,
            role: "chooses before anything is asked",
            share: null,
          },
        ]
      : []),
    ...branches,
  ];
  const isMet = Object.keys(figures.requirements).length > 0;
  return (
    <div className="grid gap-3 rounded-md border border-accent-line bg-accent-soft p-3 sm:p-4">
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <span className="font-medium text-md">
          {entry.plan === null ? "Plan" : `Plan ${entry.plan}`}
          <span className="font-normal text-ink-2"> {spec.kind === "single" ? entry.name : `a ${spec.kind}`}</span>
        </span>
        <Badge tone={isLive ? "good" : "neutral"}>{isLive ? "serves" : "not shipped"}</Badge>
        {isMet ? (
          <Badge tone={figures.meets ? "good" : "warn"}>
            {figures.meets ? "meets every requirement" : `misses ${broken(figures, report.measure).join(", ")}`}
          </Badge>
        ) : null}
      </div>
      <dl className="grid grid-cols-3 gap-3">
        <FigureCell
          name={report.measure}
          value={scoreText(figures.score)}
          note={`${scoreText(figures.low)} to ${scoreText(figures.high)}`}
          wanted={report.require.quality === undefined ? undefined : `≥ ${report.require.quality}`}
          holds={figures.requirements.quality?.holds}
        />
        <FigureCell
          name="p95"
          value={latency(figures.latencyP95Ms)}
          note={`at most ${figures.requirements.latencyP95Ms ? latency(Math.min(figures.requirements.latencyP95Ms.bound, 9e7)) : latency(figures.latencyP95Ms)}`}
          wanted={report.require.latencyP95Ms === undefined ? undefined : `≤ ${latency(report.require.latencyP95Ms)}`}
          holds={figures.requirements.latencyP95Ms?.holds}
        />
        <FigureCell
          name="per 1,000"
          value={usd(figures.costPer1kUsd)}
          note={figures.costPer1kUsd === 0 ? "nothing prices it" : "measured"}
          wanted={report.require.costPer1kUsd === undefined ? undefined : `≤ ${usd(report.require.costPer1kUsd)}`}
          holds={figures.requirements.costPer1kUsd?.holds}
        />
      </dl>
      <ul className="grid gap-0 border-accent-line border-l pl-3">
        {rows.map(({ name, role, share }) => (
          <li
            key={`${name} ${role}`}
            className="relative flex flex-wrap items-baseline gap-x-3 py-1 before:absolute before:top-3.5 before:-left-3 before:w-2 before:border-accent-line before:border-t"
          >
            <span className="font-medium">{name}</span>
            <span className="text-ink-2">
              {role}
              {share !== null && share < 1 ? ` (${Math.round(share * 100)} %)` : ""}
            </span>
          </li>
        ))}
      </ul>
      <div>
        <Button size="sm" onClick={onEvidence}>
          See the evidence
        </Button>
      </div>
    </div>
  );
}

interface FigureCellProps {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  readonly wanted: string | undefined;
  readonly holds: boolean | undefined;
}

function FigureCell({ holds, name, note, value, wanted }: FigureCellProps) {
  return (
    <div className="min-w-0">
      <dt className="truncate text-ink-2 text-xs">{name}</dt>
      <dd className="grid">
        <span className="font-medium text-xl tabular-nums tracking-[-0.015em]">{value}</span>
        <span className="text-ink-2 text-xs">{note}</span>
        {wanted ? (
          <span className={cx("text-xs", holds ? "text-good" : "text-bad")}>
            {holds ? "✓" : "✗"} {wanted}
          </span>
        ) : null}
      </dd>
    </div>
  );
}

interface LostProps {
  readonly title: string;
  readonly entries: readonly Entry[];
  readonly report: Report;
  onEvidence(entry: Entry): void;
}

function Lost({ entries, onEvidence, report, title }: LostProps) {
  return (
    <section className="grid gap-1.5">
      <h3 className="font-medium text-ink-2 text-xs">{title}</h3>
      <ul className="divide-y divide-line">
        {entries.map((entry) => (
          <li
            key={entry.key}
            className="grid gap-x-4 gap-y-1 py-1.5 sm:grid-cols-[minmax(0,1fr)_13rem_minmax(0,15rem)] sm:items-center"
          >
            <button
              type="button"
              onClick={() => onEvidence(entry)}
              className="min-w-0 truncate rounded-xs text-left focus-ring hover:underline"
            >
              {entry.name}
            </button>
            <span className="flex items-center gap-2 tabular-nums">
              <Interval figures={entry.figures} floor={report.require.quality} />
              <span className="text-xs">{scoreText(entry.figures.score)}</span>
              <span className="text-ink-3 text-xs">{latency(entry.figures.latencyP95Ms)}</span>
            </span>
            <span className="min-w-0 text-ink-3 text-xs">{entry.why ?? ""}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A score with its interval on a line from 0 to 1, and the floor as a tick. */
function Interval({
  figures: { high, low, score },
  floor,
}: {
  readonly figures: Entry["figures"];
  readonly floor: number | undefined;
}) {
  return (
    <span aria-hidden className="relative h-3 w-24 shrink-0 border-line border-x bg-hover">
      <span
        className="absolute top-1 h-1 rounded-full bg-ink-3/40"
        style={{ left: `${low * 100}%`, width: `${(high - low) * 100}%` }}
      />
      <span className="absolute top-0.5 -ml-1 size-2 rounded-full bg-ink-3" style={{ left: `${score * 100}%` }} />
      {floor === undefined ? null : (
        <span className="absolute inset-y-0 w-px bg-accent" style={{ left: `${floor * 100}%` }} />
      )}
    </span>
  );
}

function Effort({ report }: { readonly report: Report }) {
  const { error, exhaustive, measurements, reused, spentMs } = report;
  const share = exhaustive === 0 ? 0 : Math.round((100 * measurements) / exhaustive);
  const parts = [
    `${measurements} measurements in ${latency(spentMs)}, ${share} % of what an exhaustive search makes`,
    ...(reused > 0 ? [`${reused} kept from before`] : []),
    ...(report.cutShort ? ["the time ran out before the race was over"] : []),
    ...(error.latencyPercent !== null
      ? [
          `the planner's guesses were off by ${Math.round(error.latencyPercent)} % of latency and ${Math.round(error.scorePoints ?? 0)} points of quality`,
        ]
      : []),
  ];
  return <p className="text-ink-3 text-xs">{parts.join(" · ")}</p>;
}
