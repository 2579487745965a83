"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { fromNow } from "../../ui/format.ts";
import { Panel } from "../../ui/panel.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { Release, TaskDetail } from "./types.ts";
import { latency, usd } from "./words.ts";

/** What served when, one click away from serving again. */
export function HistoryPanel({ task }: { readonly task: TaskDetail }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { may } = useSession();
  const roll = useMutation(
    trpc.tasks.rollBack.mutationOptions({
      onSuccess: ({ release }) => toast({ tone: "good", text: `Plan ${release.plan} serves again.` }),
      onError: (error) => toast({ tone: "bad", text: problemOf(error).message }),
      onSettled: () => client.invalidateQueries({ queryKey: trpc.tasks.pathKey() }),
    }),
  );
  const [now, ...before] = task.releases;
  if (now === undefined) return null;
  const canRoll = may("tasks:write") && (now.previous !== null || before.some(({ plan }) => plan !== now.plan));
  return (
    <Panel
      title="History"
      padded={false}
      actions={
        canRoll ? (
          <Button size="sm" disabled={roll.isPending} onClick={() => roll.mutate({ name: task.name })}>
            Roll back
          </Button>
        ) : null
      }
    >
      <ol>
        {task.releases.slice(0, 12).map((release) => (
          <li
            key={release.number}
            className="flex flex-wrap items-baseline justify-between gap-x-3 border-line border-b px-4 py-2 last:border-b-0"
          >
            <span className="flex min-w-0 flex-wrap items-baseline gap-x-2">
              <span className="font-medium">Plan {release.plan}</span>
              {release === now ? (
                <Badge tone={release.shadow ? "neutral" : "good"}>
                  {release.shadow ? "in the shadow of" : "serves"}
                  {release.shadow ? ` plan ${release.previous}` : release.share < 100 ? ` ${release.share} %` : ""}
                </Badge>
              ) : null}
              <span className="text-ink-2 text-xs">{actionText(release)}</span>
            </span>
            <span className="text-ink-3 text-xs">
              {release.createdByName ?? (release.createdBy === "system" ? "Tugboat" : "a program")},{" "}
              {fromNow(Date.parse(release.createdAt), Date.now())}
            </span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function actionText({ action, note, shadow, share }: Release): string {
  const did =
    action === "roll-back"
      ? "rolled back"
      : action === "stop"
        ? "stopped by itself"
        : shadow
          ? `asked too for ${share} %`
          : share < 100
            ? `shipped to ${share} %`
            : "shipped";
  return note === "" ? did : `${did}: ${note}`;
}

/** What the traffic of two days says of each plan, beside what was promised of it. */
export function LivePanel({ task }: { readonly task: TaskDetail }) {
  const live = task.live.filter(({ requests }) => requests > 0);
  if (live.length === 0 && task.judges.every(({ judged }) => judged === 0)) return null;
  return (
    <Panel title="Live" note="last 48 hours, beside what was measured" padded={false}>
      <ul>
        {live.map(
          ({ agreement, cached, compared, costPer1kUsd, escalated, failed, latencyP95Ms, plan, promise, requests }) => (
            <li key={plan} className="grid gap-1 border-line border-b px-4 py-2.5 last:border-b-0">
              <span className="flex items-baseline justify-between gap-2">
                <span className="font-medium">Plan {plan}</span>
                <span className="text-ink-2 text-xs tabular-nums">
                  {requests} {requests === 1 ? "request" : "requests"}
                  {failed > 0 ? `, ${failed} failed` : ""}
                </span>
              </span>
              <span className="text-ink-2 text-xs tabular-nums">
                p95 {latencyP95Ms === null ? "–" : latency(latencyP95Ms)}{" "}
                <span className="text-ink-3">(measured {latency(promise.latencyP95Ms)})</span> ·{" "}
                {costPer1kUsd === null ? "–" : usd(costPer1kUsd)} per 1,000{" "}
                <span className="text-ink-3">(measured {usd(promise.costPer1kUsd)})</span>
              </span>
              <span className="text-ink-3 text-xs tabular-nums">
                {Math.round((100 * cached) / requests)} % from the cache, {Math.round((100 * escalated) / requests)} %
                escalated
              </span>
              {agreement === null ? null : (
                <span className="text-ink-2 text-xs tabular-nums">
                  In the shadow it said the same in {Math.round(100 * agreement)} % of {compared}.
                </span>
              )}
            </li>
          ),
        )}
        {task.judges.map(({ evaluator, judged, mean, share }) =>
          mean === null ? null : (
            <li key={evaluator} className="flex flex-wrap justify-between gap-x-3 border-line border-t px-4 py-2.5">
              <span>
                {evaluator}{" "}
                <span className="text-ink-3 text-xs">judges {Math.round(100 * share)} % of the answers</span>
              </span>
              <span className="tabular-nums">
                {mean.toFixed(2)} <span className="text-ink-2 text-xs">of {judged}</span>
              </span>
            </li>
          ),
        )}
      </ul>
    </Panel>
  );
}
