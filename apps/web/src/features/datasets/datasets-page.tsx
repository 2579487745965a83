"use client";

import { useQuery } from "@tanstack/react-query";
import { FileUp, Table2 } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import type { Column } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { fromNow, plural } from "../../ui/format.ts";
import { Page } from "../../ui/page.tsx";
import { ListPanel } from "../service/list-panel.tsx";
import { useSession } from "../service/session.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { ImportDialog } from "./import-dialog.tsx";
import { SplitBar } from "./split-bar.tsx";
import type { Dataset } from "./types.ts";

export function DatasetsPage() {
  const trpc = useTRPC();
  const { may } = useSession();
  const list = useQuery(trpc.datasets.list.queryOptions());
  const sample = useQuery(trpc.tuning.sample.queryOptions(undefined, { enabled: list.data?.datasets.length === 0 }));
  const [importing, setImporting] = useState<"file" | "sample">();
  const datasets = list.data?.datasets;
  const write = may("datasets:write");
  const begin = write ? (
    <Button kind="primary" onClick={() => setImporting("file")}>
      <FileUp /> Import examples
    </Button>
  ) : null;
  return (
    <Page
      name="Datasets"
      answer={answerOf(datasets)}
      note="Examples of what goes in and what should come out. Every change is a version; nothing is ever lost."
      actions={datasets && datasets.length > 0 ? begin : null}
    >
      <ListPanel
        rows={datasets}
        error={list.error}
        label="Datasets"
        columns={columns(Date.now())}
        rowKey={({ id }) => id}
        empty={
          <EmptyState
            icon={Table2}
            title="Begin with the examples you have"
            action={
              <>
                {begin}
                {write && sample.data ? (
                  <Button onClick={() => setImporting("sample")}>Try it with 60 support messages</Button>
                ) : null}
              </>
            }
          >
            A spreadsheet, a CSV or a JSON Lines file will do: one column with what a model is shown, one with the right
            answer. Tuning, evaluations and tasks all learn and measure from here.
          </EmptyState>
        }
      />
      {importing ? (
        <ImportDialog
          onClose={() => setImporting(undefined)}
          pasted={importing === "sample" ? sample.data?.csv : undefined}
          name={importing === "sample" ? sample.data?.name : undefined}
        />
      ) : null}
    </Page>
  );
}

function answerOf(datasets: readonly Dataset[] | undefined): string {
  if (datasets === undefined) return "Datasets";
  if (datasets.length === 0) return "There are no examples yet";
  const rows = datasets.reduce((sum, { latest }) => sum + (latest?.rows ?? 0), 0);
  return `${plural(rows, "example")} in ${plural(datasets.length, "dataset")}`;
}

function columns(now: number): readonly Column<Dataset>[] {
  return [
    {
      id: "name",
      header: "Dataset",
      value: ({ name }) => name,
      cell: ({ description, name }) => (
        <Link href={`/datasets/${encodeURIComponent(name)}`} className="focus-ring grid rounded-sm hover:underline">
          <span className="max-w-64 truncate font-medium">{name}</span>
          {description ? <span className="max-w-64 truncate text-ink-3 text-xs">{description}</span> : null}
        </Link>
      ),
    },
    {
      id: "rows",
      header: "Examples",
      numeric: true,
      value: ({ latest }) => latest?.rows ?? 0,
      cell: ({ latest }) => (latest?.rows ?? 0).toLocaleString("en"),
    },
    {
      id: "version",
      header: "Version",
      numeric: true,
      value: ({ latest }) => latest?.number ?? 0,
      cell: ({ latest }) => latest?.number ?? "–",
    },
    {
      id: "splits",
      header: "Train, validation, test",
      wide: true,
      value: ({ latest }) => latest?.splits.train ?? 0,
      cell: ({ latest }) => (latest ? <SplitBar version={latest} /> : null),
    },
    {
      id: "changed",
      header: "Changed",
      wide: true,
      value: ({ updatedAt }) => updatedAt,
      cell: ({ latest, updatedAt }) => (
        <span className="text-ink-2">
          {fromNow(Date.parse(latest?.createdAt ?? updatedAt), now)}
          {latest ? ` by ${latest.createdByName}` : ""}
        </span>
      ),
    },
  ];
}
