"use client";

import { RotateCcw, X } from "lucide-react";
import { Status } from "../../ui/badge.tsx";
import { IconButton } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Tooltip } from "../../ui/tooltip.tsx";
import { useSession } from "../service/session.tsx";
import { isAtWork, type Job, shareOf, standing, stateWords } from "./job.ts";
import { kindInWords } from "./kinds.ts";
import { useJobActs } from "./use-job-acts.ts";

export interface JobViewProps {
  readonly job: Job;
  /** For where what it is about is plain already. */
  readonly untitled?: boolean;
}

/** One job: what it is, how far or how it ended, and what can be done about it. */
export function JobView({ job, untitled }: JobViewProps) {
  const { word, tone } = stateWords[job.state];
  const { may } = useSession();
  const { cancel, retry } = useJobActs();
  const name = `${kindInWords(job.kind)}${job.subject === null ? "" : `: ${job.subject}`}`;
  const write = may("jobs:write");
  return (
    <div className="grid min-w-0 grid-cols-1 gap-1.5">
      <div className="flex min-h-7 items-center gap-3">
        <div className="min-w-0 grow">
          {untitled ? null : <p className="truncate font-medium">{name}</p>}
          <p className="flex flex-wrap items-baseline gap-x-2 text-ink-2 text-xs">
            <Status tone={tone} busy={job.state === "running"}>
              {word}
            </Status>
            <span className="tabular-nums">{standing(job, Date.now())}</span>
          </p>
        </div>
        {write && isAtWork(job) ? (
          <Tooltip text="Cancel">
            <IconButton label={`Cancel: ${name}`} size="sm" onClick={() => cancel(job.id)}>
              <X />
            </IconButton>
          </Tooltip>
        ) : null}
        {write && (job.state === "failed" || job.state === "cancelled") ? (
          <Tooltip text="Run it again">
            <IconButton label={`Run again: ${name}`} size="sm" onClick={() => retry(job.id)}>
              <RotateCcw />
            </IconButton>
          </Tooltip>
        ) : null}
      </div>
      {job.state === "running" ? <ProgressBar share={shareOf(job)} label={name} /> : null}
      {job.state === "running" && job.progress?.message ? (
        <p className="truncate text-ink-3 text-xs">{job.progress.message}</p>
      ) : null}
      {job.error !== null && job.state !== "cancelled" ? (
        <p className="break-words text-xs">
          <span className={job.state === "failed" ? "text-bad" : "text-warn"}>{job.error}</span>
          {job.hint === null ? null : <span className="text-ink-2"> {job.hint}</span>}
        </p>
      ) : null}
    </div>
  );
}

interface ProgressBarProps {
  /** 0 to 1; undefined when nobody knows. */
  readonly share: number | undefined;
  readonly label: string;
}

function ProgressBar({ share, label }: ProgressBarProps) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={share === undefined ? undefined : Math.floor(share * 100)}
      className="h-1 overflow-hidden rounded-full bg-pressed"
    >
      <div
        className={cx("h-full rounded-full bg-accent transition-[width]", share === undefined && "animate-pulse-soft")}
        style={{ width: `${(share ?? 1) * 100}%` }}
      />
    </div>
  );
}
