"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus, Workflow } from "lucide-react";
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
import type { FlowCard } from "./types.ts";
import { flowsAnswer, isUnderWay, stateOf } from "./words.ts";

export function FlowsPage() {
  const trpc = useTRPC();
  const { may } = useSession();
  const list = useQuery(trpc.flows.list.queryOptions(undefined, { refetchInterval: 4000 }));
  const flows = list.data?.flows;
  const make = may("flows:write") ? (
    <ButtonLink kind="primary" href="/flows/new">
      <Plus /> New flow
    </ButtonLink>
  ) : null;
  const documents = <ButtonLink href="/documents">Documents</ButtonLink>;
  return (
    <Page
      name="Flows"
      answer={flowsAnswer(flows)}
      note="A compound of tasks, models, documents and tools: a typed graph, checked before it runs, that goes on after a crash."
      actions={
        flows && flows.length > 0 ? (
          <>
            {documents}
            {make}
          </>
        ) : null
      }
    >
      <ListPanel
        rows={flows}
        error={list.error}
        label="Flows"
        columns={columns(Date.now())}
        rowKey={({ name }) => name}
        empty={
          <EmptyState
            icon={Workflow}
            title="Connect what you have"
            action={
              <>
                {make}
                {documents}
              </>
            }
          >
            Search documents, ask a model about each passage, run code, call a tool, ask a person: each step begins when
            what it needs is there, and none is done twice. A flow is called like a model.
          </EmptyState>
        }
      />
    </Page>
  );
}

function columns(now: number): readonly Column<FlowCard>[] {
  return [
    {
      id: "name",
      header: "Flow",
      value: ({ name }) => name,
      cell: ({ description, name }) => (
        <Link href={`/flows/${name}`} className="focus-ring grid rounded-sm leading-tight hover:underline">
          <span className="max-w-64 truncate font-medium">{name}</span>
          <span className="max-w-64 truncate text-2xs text-ink-3">{description}</span>
        </Link>
      ),
    },
    {
      id: "state",
      header: "Last run",
      value: ({ last }) => last?.state ?? "never",
      cell: ({ last, waiting }) =>
        waiting > 0 ? (
          <Badge tone="warn">{waiting} for you</Badge>
        ) : last === null ? (
          "never run"
        ) : (
          <Status tone={stateOf(last.state).tone} busy={isUnderWay(last.state)}>
            {stateOf(last.state).said}
          </Status>
        ),
    },
    { id: "steps", header: "Steps", numeric: true, wide: true, value: ({ steps }) => steps },
    {
      id: "plan",
      header: "Plan",
      numeric: true,
      wide: true,
      value: ({ plan }) => plan ?? undefined,
      cell: ({ plan }) => plan ?? "–",
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
