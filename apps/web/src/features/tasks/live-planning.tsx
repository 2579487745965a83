"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Panel } from "../../ui/panel.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { Planning } from "./types.ts";
import { latency, reasonText, scoreText } from "./words.ts";

/** A search that is under way: what it does, how the race stands. */
export function LivePlanning({ planning }: { readonly planning: Planning }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { may } = useSession();
  const cancel = useMutation(
    trpc.jobs.cancel.mutationOptions({
      onError: (error) => toast({ tone: "bad", text: problemOf(error).message }),
      onSettled: () => client.invalidateQueries({ queryKey: trpc.tasks.pathKey() }),
    }),
  );
  const { jobId, minutes, progress } = planning;
  const share = progress ? Math.min(1, progress.spentMs / (minutes * 60_000)) : 0;
  const left = Math.max(0, minutes * 60_000 - (progress?.spentMs ?? 0));
  const racing = [...(progress?.candidates ?? [])]
    .filter(({ n }) => n > 0)
    .sort((a, b) => Number(a.state === "out") - Number(b.state === "out") || (b.score ?? 0) - (a.score ?? 0));
  return (
    <Panel
      title="Planning"
      note={`${reasonText(planning)}; ${latency(progress?.spentMs ?? 0)} of ${latency(minutes * 60_000)}`}
      actions={
        may("jobs:write") && jobId ? (
          <Button size="sm" disabled={cancel.isPending} onClick={() => cancel.mutate({ id: jobId })}>
            Cancel
          </Button>
        ) : null
      }
    >
      <div className="grid gap-3">
        <p>{progress ? progress.stage.slice(0, 1).toUpperCase() + progress.stage.slice(1) : "Waiting for its turn"}</p>
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
        {racing.length > 0 ? (
          <ul className="grid gap-1">
            {racing.slice(0, 10).map(({ latencyP95Ms, n, name, score, state }) => (
              <li
                key={name}
                className={cx(
                  "flex items-baseline justify-between gap-3 tabular-nums",
                  state === "out" && "text-ink-3",
                )}
              >
                <span className="min-w-0 truncate">{name}</span>
                <span className="shrink-0 text-xs">
                  {score === null ? "" : scoreText(score)} <span className="text-ink-3">on {n}</span>{" "}
                  {latencyP95Ms === null ? "" : latency(latencyP95Ms)}
                </span>
              </li>
            ))}
          </ul>
        ) : null}
        <p className="text-ink-3 text-xs">
          {progress
            ? `At most ${latency(left)} more. ${progress.measurements} measurements; an exhaustive search would make ${progress.exhaustive}. `
            : ""}
          You can leave this page; the search goes on, and survives a restart.
        </p>
      </div>
    </Panel>
  );
}
