"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Undo2 } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Input } from "../../ui/field.tsx";
import { fromNow } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { Move, PromptDetail, PromptVersion } from "./types.ts";

const usual = ["production", "staging"];

export interface LabelsPanelProps {
  readonly prompt: PromptDetail;
  readonly version: PromptVersion;
}

/** Which version each label points to: move it here, back, approve what waits; and what happened before. */
export function LabelsPanel({ prompt, version }: LabelsPanelProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const session = useSession();
  const [own, setOwn] = useState("");
  const done = {
    onSuccess: async (move: { label: string; to: number; state: string }) => {
      await client.invalidateQueries(trpc.prompts.pathFilter());
      const waits = move.state === "waiting" ? " waits for approval" : "";
      toast({ tone: "good", text: `${move.label}: version ${move.to}${waits}.` });
    },
  };
  const move = useMutation(trpc.prompts.move.mutationOptions(done));
  const decide = useMutation(trpc.prompts.decide.mutationOptions(done));
  const guard = useMutation(
    trpc.prompts.guard.mutationOptions({
      onSuccess: () => client.invalidateQueries(trpc.prompts.get.queryFilter()),
    }),
  );
  const refused = move.error ?? decide.error ?? guard.error;
  const refusal = refused ? problemOf(refused) : undefined;
  const guards = useQuery(trpc.guards.list.queryOptions()).data?.guards ?? [];
  const tried = move.error ? move.variables : undefined;
  const guarding = tried && guards.find(({ subject }) => subject === `prompt:${prompt.name}@${tried.label}`);
  const now = tried && prompt.labels[tried.label];
  const evidence =
    guarding && tried && now !== undefined
      ? `/evaluations/new?${new URLSearchParams({
          dataset: guarding.dataset,
          evaluator: guarding.evaluator,
          prompts: `${prompt.name}@${now},${prompt.name}@${tried.version}`,
        })}`
      : undefined;
  const write = session.may("prompts:write");
  const labels = [...new Set([...usual, ...Object.keys(prompt.labels)])];
  const waiting = prompt.moves.filter(({ state }) => state === "waiting");
  const pending = move.isPending || decide.isPending;
  return (
    <div className="grid gap-6">
      <Panel title="Labels" padded={false}>
        <ul>
          {labels.map((label) => {
            const at = prompt.labels[label];
            const before = previous(prompt.moves, label);
            return (
              <li key={label} className="grid gap-1.5 border-line border-b px-4 py-2.5 last:border-b-0">
                <p className="flex items-center justify-between gap-2">
                  <span className="font-medium">{label}</span>
                  {at === undefined ? (
                    <span className="text-ink-3 text-xs">points nowhere</span>
                  ) : (
                    <Badge tone={label === "production" ? "good" : "neutral"}>version {at}</Badge>
                  )}
                </p>
                {write ? (
                  <div className="flex flex-wrap gap-1.5">
                    {at === version.number ? null : (
                      <Button
                        size="sm"
                        disabled={pending}
                        aria-label={`Move ${label} to version ${version.number}`}
                        onClick={() => move.mutate({ prompt: prompt.id, label, version: version.number })}
                      >
                        Move to version {version.number}
                      </Button>
                    )}
                    {before !== undefined && before !== at ? (
                      <Button
                        size="sm"
                        kind="quiet"
                        disabled={pending}
                        aria-label={`Roll ${label} back to version ${before}`}
                        onClick={() => move.mutate({ prompt: prompt.id, label, version: before, note: "Rolled back" })}
                      >
                        <Undo2 /> Back to {before}
                      </Button>
                    ) : null}
                  </div>
                ) : null}
              </li>
            );
          })}
        </ul>
        {write ? (
          <form
            className="flex gap-2 border-line border-t p-3"
            onSubmit={(event) => {
              event.preventDefault();
              move.mutate({ prompt: prompt.id, label: own, version: version.number });
              setOwn("");
            }}
          >
            <Input
              aria-label="Another label"
              placeholder="another label"
              value={own}
              onChange={(event) => setOwn(event.currentTarget.value)}
            />
            <Button type="submit" disabled={own.trim() === "" || pending}>
              Set
            </Button>
          </form>
        ) : null}
        {session.may("projects:write") ? (
          <label className="flex items-center gap-2 border-line border-t px-4 py-2.5 text-ink-2 text-xs">
            <input
              type="checkbox"
              checked={prompt.guarded.includes("production")}
              disabled={guard.isPending}
              onChange={(event) =>
                guard.mutate({
                  projectId: prompt.projectId,
                  labels: event.currentTarget.checked
                    ? [...prompt.guarded, "production"]
                    : prompt.guarded.filter((one) => one !== "production"),
                })
              }
            />
            In this project, production moves only when a second person agrees
          </label>
        ) : null}
      </Panel>
      {refusal ? (
        <Notice
          tone="bad"
          hint={
            evidence ? (
              <Link href={evidence} className="focus-ring rounded-sm underline">
                Compare the two versions
              </Link>
            ) : (
              refusal.hint
            )
          }
        >
          {refusal.message}
        </Notice>
      ) : null}
      {waiting.map((one) => (
        <Notice
          key={one.id}
          tone="warn"
          action={
            write ? (
              <span className="flex gap-1.5">
                <Button
                  size="sm"
                  disabled={pending}
                  onClick={() => decide.mutate({ prompt: prompt.id, move: one.id, approve: false })}
                >
                  Decline
                </Button>
                <Button
                  size="sm"
                  kind="primary"
                  disabled={pending}
                  onClick={() => decide.mutate({ prompt: prompt.id, move: one.id, approve: true })}
                >
                  Approve
                </Button>
              </span>
            ) : undefined
          }
        >
          {one.createdByName} wants {one.label} at version {one.to}.
        </Notice>
      ))}
      {prompt.moves.length > 0 ? (
        <Panel title="History" padded={false}>
          <ol className="max-h-72 overflow-y-auto">
            {prompt.moves.map((one) => (
              <li key={one.id} className="grid gap-0.5 border-line border-b px-4 py-2 text-xs last:border-b-0">
                <p>
                  <span className="font-medium">{one.label}</span> {one.from === null ? "" : `${one.from} `}→ {one.to}
                  {one.state === "done" ? "" : `, ${one.state}`}
                  {one.note ? ` · ${one.note}` : ""}
                </p>
                <p className="text-ink-3">
                  {one.createdByName}, {fromNow(Date.parse(one.createdAt), Date.now())}
                  {one.decidedByName ? ` · decided by ${one.decidedByName}` : ""}
                </p>
              </li>
            ))}
          </ol>
        </Panel>
      ) : null}
    </div>
  );
}

/** Where a label pointed before it came to where it is. */
function previous(moves: readonly Move[], label: string): number | undefined {
  return moves.find((one) => one.label === label && one.state === "done")?.from ?? undefined;
}
