"use client";

import { useQuery } from "@tanstack/react-query";
import { FileText, Plus } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import type { Column } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { fromNow, plural } from "../../ui/format.ts";
import { Page } from "../../ui/page.tsx";
import { ListPanel } from "../service/list-panel.tsx";
import { useSession } from "../service/session.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { PromptEditor } from "./prompt-editor.tsx";
import type { Prompt } from "./types.ts";

export function PromptsPage() {
  const trpc = useTRPC();
  const { may } = useSession();
  const list = useQuery(trpc.prompts.list.queryOptions());
  const [isMaking, setMaking] = useState(false);
  const prompts = list.data?.prompts;
  const make = may("prompts:write") ? (
    <Button kind="primary" onClick={() => setMaking(true)}>
      <Plus /> New prompt
    </Button>
  ) : null;
  return (
    <Page
      name="Prompts"
      answer={answerOf(prompts)}
      note="What is said to a model, in versions, called by name. A label says which version is live."
      actions={prompts && prompts.length > 0 ? make : null}
    >
      <ListPanel
        rows={prompts}
        error={list.error}
        label="Prompts"
        columns={columns(Date.now())}
        rowKey={({ id }) => id}
        empty={
          <EmptyState icon={FileText} title="Take prompts out of the code" action={make}>
            Write it once with {"{{variables}}"}, give it a name, and call{" "}
            <code className="font-mono text-xs">prompt:name@production</code> through the OpenAI API. Whoever may change
            it does so here: each change is a version, and a label moves it live or back in a moment.
          </EmptyState>
        }
      />
      {isMaking ? <PromptEditor onClose={() => setMaking(false)} /> : null}
    </Page>
  );
}

function answerOf(prompts: readonly Prompt[] | undefined): string {
  if (prompts === undefined) return "Prompts";
  const live = prompts.filter(({ labels }) => labels.production !== undefined).length;
  if (prompts.length === 0) return "There are no prompts yet";
  return `${plural(prompts.length, "prompt")}, ${live === 0 ? "none" : live} in production`;
}

function columns(now: number): readonly Column<Prompt>[] {
  return [
    {
      id: "name",
      header: "Prompt",
      value: ({ name }) => name,
      cell: ({ name }) => (
        <Link
          href={`/prompts/${encodeURIComponent(name)}`}
          className="focus-ring block max-w-72 truncate rounded-sm font-medium hover:underline"
        >
          {name}
        </Link>
      ),
    },
    { id: "versions", header: "Versions", numeric: true, value: ({ latest }) => latest },
    {
      id: "labels",
      header: "Labels",
      value: ({ labels }) => Object.keys(labels).join(" "),
      cell: ({ labels }) => (
        <span className="flex flex-wrap gap-1">
          {Object.entries(labels).map(([label, number]) => (
            <Badge key={label} tone={label === "production" ? "good" : "neutral"}>
              {label} {number}
            </Badge>
          ))}
        </span>
      ),
    },
    {
      id: "changed",
      header: "Changed",
      wide: true,
      value: ({ updatedAt }) => updatedAt,
      cell: ({ updatedAt }) => <span className="text-ink-2">{fromNow(Date.parse(updatedAt), now)}</span>,
    },
  ];
}
