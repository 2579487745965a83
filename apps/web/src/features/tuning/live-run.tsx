"use client";

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { duration, written } from "../../ui/format.ts";
import { IntervalChart } from "../../ui/interval-chart.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Sparkline } from "../../ui/sparkline.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { bestFirst, isUnderWay, outcomeOf, percent } from "./run-state.ts";
import type { Progress, RunDetail } from "./types.ts";

/** What a run of the service does now. */
export function LiveRun({ run }: { readonly run: RunDetail }) {
  const trpc = useTRPC();
  const job = useQuery(
    trpc.jobs.get.queryOptions(
      { id: run.jobId ?? "" },
      { enabled: run.jobId !== null && isUnderWay(run), refetchInterval: 1500 },
    ),
  ).data;
  return (
    <LiveProgress
      stage={job?.progress?.stage ?? outcomeOf(run).text}
      etaMs={job?.progress?.etaMs ?? null}
      progress={run.progress}
      minutes={run.minutes}
      note="You can leave this page; the run goes on, and survives a restart."
    />
  );
}

/** How long something takes yet, as exactly as one can know it: whole minutes, below one whole seconds. */
function roughly(ms: number): string {
  return ms < 60_000 ? `${Math.ceil(ms / 1000)}\u00a0s` : `${Math.ceil(ms / 60_000)}\u00a0min`;
}

export interface LiveProgressProps {
  readonly stage: string;
  readonly etaMs: number | null;
  readonly progress: Progress | null;
  /** That it may take. */
  readonly minutes: number;
  readonly note: string;
  readonly action?: ReactNode;
}

/** What a run does now: its stage, how long yet, what it has measured and how the ways of training go. */
export function LiveProgress({ action, etaMs, minutes, note, progress, stage }: LiveProgressProps) {
  const spent = progress ? written(duration(progress.spentMs)) : "0 s";
  const budget = written(duration(minutes * 60_000));
  const share = progress ? Math.min(1, progress.spentMs / (minutes * 60_000)) : 0;
  return (
    <>
      <Panel title="Now" note={`${spent} of ${budget}`} actions={action}>
        <div className="grid gap-2">
          <p>
            {stage.slice(0, 1).toUpperCase() + stage.slice(1)}
            {etaMs === null || etaMs < 1000 ? null : <span className="text-ink-3">, about {roughly(etaMs)} left</span>}
          </p>
          <div
            role="progressbar"
            aria-label="Time used"
            aria-valuenow={Math.round(share * 100)}
            aria-valuemin={0}
            aria-valuemax={100}
            className="h-1.5 overflow-hidden rounded-full bg-hover"
          >
            <div className="h-full bg-accent" style={{ width: `${share * 100}%` }} />
          </div>
          <p className="text-ink-3 text-xs">{note}</p>
        </div>
      </Panel>
      {progress && progress.baselines.length > 0 ? (
        <Panel title="What it must beat" note="on the held-out examples">
          <IntervalChart
            format={percent}
            rows={progress.baselines.map((one) => ({ ...one, marked: false })).sort(bestFirst)}
          />
        </Panel>
      ) : null}
      {progress && progress.trials.length > 0 ? <Trials trials={progress.trials} /> : null}
      {progress && progress.samples.length > 0 ? (
        <Panel title="What it answers so far" note="to examples that it was not taught">
          <ul className="grid gap-2">
            {progress.samples.slice(-3).map(({ answer, expected, input, steps }) => (
              <li key={`${steps} ${input}`} className="grid gap-0.5">
                <span className="text-ink-2">{input}</span>
                <span>
                  {answer}
                  <span className="text-ink-3">
                    {" "}
                    (expected {expected}, after {steps} steps)
                  </span>
                </span>
              </li>
            ))}
          </ul>
        </Panel>
      ) : null}
    </>
  );
}

const states = {
  waiting: "waits for the others",
  running: "is training",
  stopped: "stopped: others were better",
  best: "the best",
  diverged: "stopped: its numbers ran away",
} as const;

/** Each way of training: how its loss fell, what it was worth on the examples kept for choosing. */
export function Trials({ trials }: Pick<Progress, "trials">) {
  return (
    <Panel title="Ways of training" note="the better half goes on each time">
      <ul className="grid gap-4 sm:grid-cols-2">
        {trials.map(({ id, learningRate, losses, rank, rungs, state, steps }) => (
          <li key={id} className="grid min-w-0 gap-1">
            <span className="flex items-baseline justify-between gap-2">
              <span className="font-medium">Way {id.toUpperCase()}</span>
              <span className="text-ink-3 text-xs">{states[state]}</span>
            </span>
            <Sparkline
              values={smooth(losses)}
              label={`Loss of way ${id.toUpperCase()} over ${steps} steps`}
              height={40}
            />
            <span className="text-ink-3 text-xs tabular-nums">
              rank {rank}, learning rate {learningRate}, {steps} steps
              {rungs.length > 0 ? `; right ${rungs.map(({ score }) => percent(score)).join(", ")}` : ""}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** The mean of five: single batches jump. */
function smooth(values: readonly number[]): number[] {
  return values.map((_, i) => {
    const some = values.slice(Math.max(0, i - 4), i + 1);
    return some.reduce((sum, one) => sum + one, 0) / some.length;
  });
}
