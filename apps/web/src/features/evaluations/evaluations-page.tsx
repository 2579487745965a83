"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Scale } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Status } from "../../ui/badge.tsx";
import { Button, ButtonLink } from "../../ui/button.tsx";
import type { Column } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { fromNow } from "../../ui/format.ts";
import { Page } from "../../ui/page.tsx";
import { toast } from "../../ui/toast.tsx";
import { ListPanel } from "../service/list-panel.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { GuardsPanel } from "./guards-panel.tsx";
import { ImportSuiteDialog } from "./import-suite-dialog.tsx";
import type { Evaluation } from "./types.ts";
import { evaluationsAnswer, isUnderWay, stateOf } from "./words.ts";

const everyMs = 2500;

export function EvaluationsPage() {
  const trpc = useTRPC();
  const { may } = useSession();
  const list = useQuery(trpc.evaluations.list.queryOptions(undefined, { refetchInterval: everyMs }));
  const [isImporting, setImporting] = useState(false);
  const evaluations = list.data?.evaluations;
  const begin = may("evaluations:write") ? (
    <ButtonLink kind="primary" href="/evaluations/new">
      <Plus /> Compare
    </ButtonLink>
  ) : null;
  return (
    <Page
      name="Evaluations"
      answer={evaluationsAnswer(evaluations)}
      note="Who is better, by how much, how sure, and what it costs."
      actions={
        evaluations ? (
          <>
            {may("evaluations:write") ? <Button onClick={() => setImporting(true)}>Import a suite</Button> : null}
            {evaluations.length > 0 ? begin : null}
          </>
        ) : null
      }
    >
      {isImporting ? <ImportSuiteDialog onClose={() => setImporting(false)} /> : null}
      <ListPanel
        rows={evaluations}
        error={list.error}
        label="Evaluations"
        columns={columns(Date.now())}
        rowKey={({ id }) => id}
        empty={
          <EmptyState
            icon={Scale}
            title="Decide with numbers you can defend"
            action={
              begin ? (
                <>
                  {begin}
                  <SampleButton />
                </>
              ) : undefined
            }
          >
            Choose a dataset and two or more models or instructions. Each answers every example; you see who is better,
            by how much, and whether it could be luck.
          </EmptyState>
        }
      />
      {evaluations && evaluations.length > 0 ? <AllGuards /> : null}
    </Page>
  );
}

/** Whatever people call by a name that can move. */
function AllGuards() {
  const trpc = useTRPC();
  const choices = useQuery(trpc.evaluations.choices.queryOptions()).data;
  if (choices === undefined) return null;
  const labels = choices.prompts.filter(({ stands, version }) => !stands.endsWith(`@${version}`));
  const aliases = choices.models.filter(({ kind }) => kind === "alias");
  const subjects = [...labels.map(({ stands }) => `prompt:${stands}`), ...aliases.map(({ name }) => name)];
  return subjects.length === 0 ? null : <GuardsPanel subjects={subjects} />;
}

/** A dataset to try it with, in one click. */
function SampleButton() {
  const trpc = useTRPC();
  const client = useQueryClient();
  const router = useRouter();
  const sample = useMutation(
    trpc.evaluations.sample.mutationOptions({
      onSuccess: async ({ dataset }) => {
        await client.invalidateQueries({ queryKey: trpc.evaluations.pathKey() });
        router.push(`/evaluations/new?dataset=${encodeURIComponent(dataset)}`);
      },
      onError: (error) => toast({ tone: "bad", text: problemOf(error).message }),
    }),
  );
  return (
    <Button disabled={sample.isPending} onClick={() => sample.mutate()}>
      Try it with 20 support messages
    </Button>
  );
}

function columns(now: number): readonly Column<Evaluation>[] {
  return [
    {
      id: "name",
      header: "Evaluation",
      value: ({ name }) => name,
      cell: ({ dataset, id, name }) => (
        <Link href={`/evaluations/${id}`} className="focus-ring grid rounded-sm leading-tight hover:underline">
          <span className="max-w-72 truncate font-medium">{name}</span>
          <code className="font-mono text-2xs text-ink-3">{dataset}</code>
        </Link>
      ),
    },
    {
      id: "state",
      header: "Result",
      value: (one) => stateOf(one).text,
      cell: (one) => {
        const { text, tone } = stateOf(one);
        return (
          <Status tone={tone} busy={isUnderWay(one)}>
            {isUnderWay(one) ? `${one.done} of ${one.total}` : text}
          </Status>
        );
      },
    },
    {
      id: "said",
      header: "What came out",
      wide: true,
      value: ({ error, sentence }) => sentence ?? error ?? undefined,
      cell: ({ error, sentence }) => (
        <span className="line-clamp-2 min-w-60 max-w-md whitespace-normal text-ink-2 text-xs">
          {sentence ?? error ?? ""}
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
