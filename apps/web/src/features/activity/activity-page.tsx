"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Activity } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { fromNow, plural } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { useJobs } from "./activity.tsx";
import { isAtWork, type Job, type JobState, mergeJobs, stateWords } from "./job.ts";
import { JobView } from "./job-view.tsx";

const perPage = 50;
const states: readonly JobState[] = ["running", "queued", "done", "failed", "cancelled"];

export function ActivityPage() {
  const trpc = useTRPC();
  const live = useJobs();
  const [state, setState] = useState<JobState>();
  const [pages, setPages] = useState<readonly string[]>([]);
  const cursor = pages.at(-1);
  const { data, error, refetch } = useQuery(
    trpc.jobs.list.queryOptions({ state, cursor, limit: perPage }, { placeholderData: keepPreviousData }),
  );
  // What was told since: newer states of these jobs, and on the first page new ones.
  const known = data?.jobs ?? [];
  const isHere = ({ id }: Job) => known.some((job) => job.id === id);
  const told = live.filter((job) => isHere(job) || cursor === undefined);
  const jobs = mergeJobs(known, told, perPage).filter((job) => state === undefined || job.state === state);
  const newest = live[0]?.id;
  useEffect(() => {
    if (newest !== undefined) void refetch();
  }, [newest, refetch]);
  const choose = (next: JobState | undefined) => {
    setState(next);
    setPages([]);
  };
  return (
    <Page
      name="Activity"
      answer={answer(live)}
      note="What goes on in the background. It survives a restart, and can be left alone."
    >
      {error ? (
        <Notice tone="bad" hint={problemOf(error).hint}>
          {problemOf(error).message}
        </Notice>
      ) : null}
      <Panel padded={false}>
        <fieldset className="flex flex-wrap gap-1 border-line border-b px-3 py-2">
          <legend className="sr-only">Show</legend>
          <Choice chosen={state === undefined} onChoose={() => choose(undefined)}>
            All
          </Choice>
          {states.map((one) => (
            <Choice key={one} chosen={state === one} onChoose={() => choose(one)}>
              {stateWords[one].word}
            </Choice>
          ))}
        </fieldset>
        {data === undefined && !error ? (
          <div className="grid gap-3 p-4">
            <Skeleton className="h-10" />
            <Skeleton className="h-10" />
          </div>
        ) : null}
        {data !== undefined && jobs.length === 0 ? (
          <EmptyState
            icon={Activity}
            title={state ? `Nothing is ${stateWords[state].word.toLowerCase()}` : "Nothing yet"}
          >
            Long work appears here with its progress: checking a model's files, for one. You can cancel it, or leave and
            come back.
          </EmptyState>
        ) : null}
        <ul aria-label="Jobs" className="divide-y divide-line">
          {jobs.map((job) => (
            <li key={job.id} className="grid gap-1 px-4 py-3">
              <JobView job={job} />
              <p className="text-ink-3 text-xs">
                Asked for by {job.createdByName}, {fromNow(Date.parse(job.createdAt), Date.now())}
                {job.attempts > 1 ? `; ${plural(job.attempts, "run")}` : ""}
              </p>
              {job.result === null ? null : <Result value={job.result} />}
            </li>
          ))}
        </ul>
        {cursor || data?.nextCursor ? (
          <nav aria-label="Pages of the activity" className="flex justify-between gap-2 border-line border-t px-3 py-2">
            <Button kind="quiet" size="sm" disabled={!cursor} onClick={() => setPages(pages.slice(0, -1))}>
              Newer
            </Button>
            <Button
              size="sm"
              disabled={!data?.nextCursor}
              onClick={() => data?.nextCursor && setPages([...pages, data.nextCursor])}
            >
              Older
            </Button>
          </nav>
        ) : null}
      </Panel>
    </Page>
  );
}

interface ChoiceProps {
  readonly chosen: boolean;
  readonly onChoose: () => void;
  readonly children: string;
}

function Choice({ chosen, onChoose, children }: ChoiceProps) {
  return (
    <Button kind={chosen ? "secondary" : "quiet"} size="sm" aria-pressed={chosen} onClick={onChoose}>
      {children}
    </Button>
  );
}

function Result({ value }: { readonly value: unknown }) {
  return (
    <details className="text-xs">
      <summary className="w-fit cursor-pointer rounded-xs text-ink-2 focus-ring">Result</summary>
      <pre className="mt-1 max-h-60 overflow-auto whitespace-pre-wrap break-all rounded-md bg-hover p-2 font-mono">
        {JSON.stringify(value, null, 2)}
      </pre>
    </details>
  );
}

function answer(jobs: readonly Job[]): string {
  const running = jobs.filter(({ state }) => state === "running").length;
  const waiting = jobs.filter(isAtWork).length - running;
  if (running + waiting === 0) return "Nothing is at work in the background.";
  const parts = [running > 0 ? `${plural(running, "job")} at work` : "", waiting > 0 ? `${waiting} waiting` : ""];
  return `${parts.filter((part) => part !== "").join(", ")}.`;
}
