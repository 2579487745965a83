"use client";

import { useQuery } from "@tanstack/react-query";
import { ListChecks } from "lucide-react";
import Link from "next/link";
import { ButtonLink } from "../../ui/button.tsx";
import type { Column } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { fromNow } from "../../ui/format.ts";
import { Page } from "../../ui/page.tsx";
import { ListPanel } from "../service/list-panel.tsx";
import { useTRPC } from "../service/trpc.tsx";
import type { Queue } from "./types.ts";

export function ReviewsPage() {
  const trpc = useTRPC();
  const list = useQuery(trpc.reviews.list.queryOptions());
  const queues = list.data?.queues;
  return (
    <Page
      name="Reviews"
      answer={answerOf(queues)}
      note="You see answers without knowing whose they are; what you say becomes data to learn from."
    >
      <ListPanel
        rows={queues}
        error={list.error}
        label="Review queues"
        columns={columns(Date.now())}
        rowKey={({ id }) => id}
        empty={
          <EmptyState
            icon={ListChecks}
            title="Judge what no rule can"
            action={<ButtonLink href="/evaluations">Choose an evaluation</ButtonLink>}
          >
            Open an evaluation and choose “Review blind pairs” or “Rate answers”. Ten a minute with the keyboard: arrows
            choose a side, digits rate.
          </EmptyState>
        }
      />
    </Page>
  );
}

function answerOf(queues: readonly Queue[] | undefined): string {
  if (queues === undefined) return "What waits for my judgement?";
  if (queues.length === 0) return "Nothing waits for your judgement.";
  const waiting = queues.reduce((sum, { items, mine }) => sum + Math.max(0, items - mine), 0);
  return waiting === 0 ? "You have judged everything." : `${waiting} answers wait for your judgement.`;
}

function columns(now: number): readonly Column<Queue>[] {
  return [
    {
      id: "name",
      header: "Queue",
      value: ({ name }) => name,
      cell: ({ id, kind, name }) => (
        <Link href={`/reviews/${id}`} className="focus-ring grid rounded-sm leading-tight hover:underline">
          <span className="max-w-72 truncate font-medium">{name}</span>
          <span className="text-2xs text-ink-3">{kind === "pairs" ? "blind pairs" : "ratings"}</span>
        </Link>
      ),
    },
    {
      id: "mine",
      header: "Yours",
      numeric: true,
      value: ({ mine }) => mine,
      cell: ({ items, mine }) => `${mine} of ${items}`,
    },
    {
      id: "all",
      header: "Everybody's",
      numeric: true,
      wide: true,
      value: ({ reviews }) => reviews,
      cell: ({ reviews }) => reviews,
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
