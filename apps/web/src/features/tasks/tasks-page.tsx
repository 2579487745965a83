"use client";

import { useQuery } from "@tanstack/react-query";
import { ListChecks, Plus } from "lucide-react";
import Link from "next/link";
import { Badge, Status } from "../../ui/badge.tsx";
import { ButtonLink } from "../../ui/button.tsx";
import type { Column } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { fromNow } from "../../ui/format.ts";
import { Page } from "../../ui/page.tsx";
import { ListPanel } from "../service/list-panel.tsx";
import { useSession } from "../service/session.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { Proposals } from "./proposals.tsx";
import type { TaskCard } from "./types.ts";
import { latency, scoreText, tasksAnswer, usd } from "./words.ts";

const everyMs = 3000;

export function TasksPage() {
  const trpc = useTRPC();
  const { may } = useSession();
  const list = useQuery(trpc.tasks.list.queryOptions(undefined, { refetchInterval: everyMs }));
  const tasks = list.data?.tasks;
  const declare = may("tasks:write") ? (
    <ButtonLink kind="primary" href="/tasks/new">
      <Plus /> Declare a task
    </ButtonLink>
  ) : null;
  return (
    <Page
      name="Tasks"
      answer={tasksAnswer(tasks)}
      note="A task says what is wanted: an instruction, examples, and how good, fast and cheap it must be. The planner finds how, and explains its choice."
      actions={tasks && tasks.length > 0 ? declare : null}
    >
      <Proposals />
      <ListPanel
        rows={tasks}
        error={list.error}
        label="Tasks"
        columns={columns(Date.now())}
        rowKey={({ name }) => name}
        empty={
          <EmptyState
            icon={ListChecks}
            title="Declare what, not how"
            action={
              <>
                {declare}
                {declare ? <ButtonLink href="/tasks/new?sample">Try it with 60 support messages</ButtonLink> : null}
              </>
            }
          >
            Bring a few dozen examples of a text and its right answer. Tugboat measures every model, prompt and plain
            classifier that could do it, and ships the cheapest that holds what you require.
          </EmptyState>
        }
      />
    </Page>
  );
}

function columns(now: number): readonly Column<TaskCard>[] {
  return [
    {
      id: "name",
      header: "Task",
      value: ({ name }) => name,
      cell: ({ instruction, name }) => (
        <Link href={`/tasks/${name}`} className="focus-ring grid rounded-sm leading-tight hover:underline">
          <span className="max-w-64 truncate font-medium">{name}</span>
          <span className="max-w-64 truncate text-2xs text-ink-3">{instruction}</span>
        </Link>
      ),
    },
    {
      id: "state",
      header: "Serves by",
      value: ({ planName }) => planName ?? "nothing yet",
      cell: (task) => <Serving task={task} />,
    },
    {
      id: "score",
      header: "Quality",
      numeric: true,
      value: ({ figures }) => figures?.score,
      cell: ({ figures }) => (figures ? scoreText(figures.score) : "–"),
    },
    {
      id: "latency",
      header: "p95",
      numeric: true,
      wide: true,
      value: ({ figures }) => figures?.latencyP95Ms,
      cell: ({ figures }) => (figures ? latency(figures.latencyP95Ms) : "–"),
    },
    {
      id: "cost",
      header: "per 1k",
      numeric: true,
      wide: true,
      value: ({ figures }) => figures?.costPer1kUsd,
      cell: ({ figures }) => (figures ? usd(figures.costPer1kUsd) : "–"),
    },
    {
      id: "changed",
      header: "Changed",
      wide: true,
      value: ({ updatedAt }) => updatedAt,
      cell: ({ updatedAt }) => fromNow(Date.parse(updatedAt), now),
    },
  ];
}

function Serving({ task }: { readonly task: TaskCard }) {
  const { figures, plan, planName, planning, proposals, share } = task;
  if (planning) {
    return (
      <Status tone="accent" busy>
        <span className="max-w-56 truncate">
          {planning.state === "queued" ? "waits to be planned" : "is being planned"}
        </span>
      </Status>
    );
  }
  if (plan === null) return <Status tone="neutral">nothing yet</Status>;
  return (
    <span className="flex items-center gap-2">
      <Status tone={figures?.meets ? "good" : "warn"}>
        <span className="max-w-56 truncate">{planName}</span>
      </Status>
      {share !== null && share < 100 ? <Badge tone="accent">{share} %</Badge> : null}
      {proposals > 0 ? <Badge tone="accent">better plan</Badge> : null}
    </span>
  );
}
