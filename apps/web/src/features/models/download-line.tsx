"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useEffect } from "react";
import { Button, IconButton } from "../../ui/button.tsx";
import { bytes, duration, written } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { Job } from "./types.ts";
import { isWorking } from "./use-model-job.ts";

/** A failed download is shown for so long, so that it can be tried again. */
const shownMs = 3_600_000;

/** Downloads from the hub that are under way or failed lately, with what can be done about them. */
export function DownloadLines() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { may } = useSession();
  const list = trpc.jobs.list.queryOptions(
    { kind: "models.download", limit: 10 },
    { refetchInterval: ({ state }) => (state.data?.jobs.some(isWorking) ? 700 : 5000) },
  );
  const jobs = useQuery(list).data?.jobs ?? [];
  const refresh = () => void queries.invalidateQueries({ queryKey: trpc.jobs.list.pathKey() });
  const onError = (error: unknown) => toast({ tone: "bad", text: problemOf(error).message });
  const cancel = useMutation(trpc.jobs.cancel.mutationOptions({ onSettled: refresh, onError }));
  const retry = useMutation(trpc.jobs.retry.mutationOptions({ onSettled: refresh, onError }));
  const done = jobs.filter(({ state }) => state === "done").length;
  useEffect(() => {
    if (done > 0) void queries.invalidateQueries({ queryKey: trpc.models.list.queryKey() });
  }, [done, queries, trpc]);
  // Of several tries of one model the newest counts.
  const newest = jobs.filter((job, index) => jobs.findIndex(({ subject }) => subject === job.subject) === index);
  const failed = newest.filter((job) => job.state === "failed" && Date.now() - Date.parse(job.updatedAt) < shownMs);
  return (
    <>
      {newest.filter(isWorking).map((job) => (
        <Panel key={job.id}>
          <div className="grid gap-2">
            <div className="flex items-center gap-2">
              <span className="min-w-0 grow truncate font-medium">Downloading {job.subject}</span>
              {may("jobs:write") ? (
                <IconButton
                  label={`Cancel the download of ${job.subject}`}
                  size="sm"
                  onClick={() => cancel.mutate({ id: job.id })}
                >
                  <X />
                </IconButton>
              ) : null}
            </div>
            <Bar job={job} />
          </div>
        </Panel>
      ))}
      {failed.map((job) => (
        <Notice
          key={job.id}
          tone="bad"
          hint={job.hint}
          action={
            may("jobs:write") ? (
              <Button size="sm" onClick={() => retry.mutate({ id: job.id })}>
                Go on
              </Button>
            ) : null
          }
        >
          {job.subject} could not be downloaded. {job.error}
        </Notice>
      ))}
    </>
  );
}

function Bar({ job: { error, progress, state, subject } }: { readonly job: Job }) {
  const { done, etaMs, stage, total } = progress ?? {
    done: null,
    etaMs: null,
    stage: "waiting for its turn",
    total: null,
  };
  const percent = done !== null && total ? Math.floor((100 * done) / total) : undefined;
  const far = done !== null && total ? `, ${written(bytes(done))} of ${written(bytes(total))}, ${percent} %` : "";
  const left = etaMs === null ? "" : `, ${written(duration(etaMs))} left`;
  return (
    <>
      <div
        role="progressbar"
        aria-label={`Download of ${subject}`}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        className="h-1.5 overflow-hidden rounded-full bg-hover"
      >
        <div className="h-full rounded-full bg-accent transition-[width]" style={{ width: `${percent ?? 0}%` }} />
      </div>
      <p className="text-ink-3 text-xs tabular-nums" aria-live="polite">
        {stage}
        {far}
        {left}
        {state === "queued" && error ? `. ${error} It is tried again.` : ""}
      </p>
    </>
  );
}
