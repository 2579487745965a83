"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus, Target } from "lucide-react";
import Link from "next/link";
import { Status } from "../../ui/badge.tsx";
import { ButtonLink } from "../../ui/button.tsx";
import type { Column } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { fromNow } from "../../ui/format.ts";
import { Page } from "../../ui/page.tsx";
import { ListPanel } from "../service/list-panel.tsx";
import { useSession } from "../service/session.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { isUnderWay, outcomeOf, percent, tuningAnswer } from "./run-state.ts";
import type { Run } from "./types.ts";

const everyMs = 3000;

export function TuningPage() {
  const trpc = useTRPC();
  const { may } = useSession();
  const list = useQuery(trpc.tuning.list.queryOptions(undefined, { refetchInterval: everyMs }));
  const runs = list.data?.runs;
  const begin = may("tuning:write") ? (
    <ButtonLink kind="primary" href="/tuning/new">
      <Plus /> Tune a model
    </ButtonLink>
  ) : null;
  return (
    <Page
      name="Tuning"
      answer={tuningAnswer(runs)}
      note="A few dozen examples in; a model that is better on them out, or the reason why not."
      actions={runs && runs.length > 0 ? begin : null}
    >
      <ListPanel
        rows={runs}
        error={list.error}
        label="Tuning runs"
        columns={columns(Date.now())}
        rowKey={({ id }) => id}
        empty={
          <EmptyState
            icon={Target}
            title="Teach a model your task"
            action={
              <>
                {begin}
                {begin ? <ButtonLink href="/tuning/new?sample">Try it with 60 support messages</ButtonLink> : null}
              </>
            }
          >
            Give 10 examples or more of a text and its right answer. Tugboat checks them, holds some back, trains in the
            time you allow, and says honestly whether the result is better.
          </EmptyState>
        }
      />
    </Page>
  );
}

function columns(now: number): readonly Column<Run>[] {
  return [
    {
      id: "name",
      header: "Run",
      value: ({ name }) => name,
      cell: ({ id, model, name }) => (
        <Link href={`/tuning/${id}`} className="focus-ring grid rounded-sm leading-tight hover:underline">
          <span className="max-w-64 truncate font-medium">{name}</span>
          <code className="font-mono text-2xs text-ink-3">{model}</code>
        </Link>
      ),
    },
    {
      id: "outcome",
      header: "Outcome",
      value: (run) => outcomeOf(run).text,
      cell: (run) => {
        const { text, tone } = outcomeOf(run);
        return (
          <Status tone={tone} busy={isUnderWay(run)}>
            <span className="max-w-56 truncate">{text}</span>
          </Status>
        );
      },
    },
    {
      id: "score",
      header: "Tuned score",
      numeric: true,
      value: ({ summary }) => summary?.tuned.score,
      cell: ({ summary }) => (summary ? percent(summary.tuned.score) : "–"),
    },
    {
      id: "said",
      header: "What came out",
      wide: true,
      value: ({ error, summary }) => summary?.sentence ?? error ?? undefined,
      cell: ({ error, summary }) => (
        <span className="line-clamp-2 min-w-60 max-w-96 whitespace-normal text-ink-2 text-xs">
          {summary?.sentence ?? error ?? ""}
        </span>
      ),
    },
    {
      id: "begun",
      header: "Begun",
      wide: true,
      value: ({ createdAt }) => createdAt,
      cell: ({ createdAt }) => fromNow(Date.parse(createdAt), now),
    },
  ];
}
