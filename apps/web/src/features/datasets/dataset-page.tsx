"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Download, FileUp, Target, Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { fromNow, plural } from "../../ui/format.ts";
import { Menu } from "../../ui/menu.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { ConfirmByName } from "../service/confirm-by-name.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { ExamplesView } from "./examples-view.tsx";
import { ImportDialog } from "./import-dialog.tsx";
import { QualityView } from "./quality-view.tsx";
import { SchemaView } from "./schema-view.tsx";
import { SplitBar } from "./split-bar.tsx";
import type { DatasetDetail } from "./types.ts";
import { VersionsView } from "./versions-view.tsx";

const formats = [
  ["jsonl", "JSON Lines, everything"],
  ["csv", "CSV"],
  ["xlsx", "Excel"],
  ["openai", "OpenAI fine-tuning"],
  ["openai-preference", "OpenAI preference pairs"],
  ["alpaca", "Alpaca"],
  ["sharegpt", "ShareGPT"],
] as const;

export function DatasetPage({ name }: { readonly name: string }) {
  const trpc = useTRPC();
  const router = useRouter();
  const client = useQueryClient();
  const { may } = useSession();
  const found = useQuery(trpc.datasets.get.queryOptions({ dataset: name }));
  const [open, setOpen] = useState<"import" | "remove">();
  const [shown, setShown] = useState<number>();
  const remove = useMutation(
    trpc.datasets.remove.mutationOptions({
      onSuccess: () => {
        void client.invalidateQueries(trpc.datasets.list.queryFilter());
        router.push("/datasets");
      },
    }),
  );
  const dataset = found.data;
  const refusal = found.error ? problemOf(found.error) : undefined;
  const write = may("datasets:write");
  const version = dataset?.versions.find(({ number }) => number === shown) ?? dataset?.versions[0];

  function download(format: string) {
    const query = new URLSearchParams({ format, ...(version && { version: String(version.number) }) });
    window.location.assign(`/api/dataset-exports/${encodeURIComponent(name)}?${query}`);
  }
  const actions = dataset ? (
    <>
      {version ? (
        <Menu
          trigger={
            <Button>
              <Download /> Export
            </Button>
          }
          items={formats.map(([format, label]) => ({ label, onSelect: () => download(format) }))}
        />
      ) : null}
      {version && may("tuning:write") ? (
        <ButtonLink href={`/tuning/new?dataset=${encodeURIComponent(name)}`}>
          <Target /> Tune on it
        </ButtonLink>
      ) : null}
      {write ? (
        <>
          <Button aria-label={`Remove ${name}`} kind="quiet" onClick={() => setOpen("remove")}>
            <Trash2 />
          </Button>
          <Button kind="primary" onClick={() => setOpen("import")}>
            <FileUp /> Import
          </Button>
        </>
      ) : null}
    </>
  ) : null;
  return (
    <Page name="Dataset" answer={name} note={dataset ? <Note dataset={dataset} /> : undefined} actions={actions}>
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      {dataset === undefined ? (
        refusal ? null : (
          <Skeleton className="h-64" />
        )
      ) : version === undefined ? (
        <Panel>
          <EmptyState
            icon={FileUp}
            title="No examples yet"
            action={
              write ? (
                <Button kind="primary" onClick={() => setOpen("import")}>
                  Import examples
                </Button>
              ) : null
            }
          >
            Import a file or paste cells. If an import failed, Activity says which row was wrong; nothing of it was
            kept.
          </EmptyState>
        </Panel>
      ) : (
        <>
          {version.number === dataset.versions[0]?.number ? null : (
            <Notice
              tone="neutral"
              action={
                <Button size="sm" onClick={() => setShown(undefined)}>
                  Back to the latest
                </Button>
              }
            >
              You see version {version.number}, as it was.
            </Notice>
          )}
          <Panel padded={false}>
            <Tabs
              label="Views of the dataset"
              tabs={[
                {
                  id: "examples",
                  label: "Examples",
                  content: (
                    <ExamplesView
                      key={version.id}
                      dataset={dataset}
                      version={version}
                      isLatest={version.number === dataset.versions[0]?.number}
                    />
                  ),
                },
                {
                  id: "versions",
                  label: "Versions",
                  content: <VersionsView dataset={dataset} onShow={setShown} />,
                },
                { id: "quality", label: "Quality", content: <QualityView dataset={dataset} version={version} /> },
                { id: "schema", label: "Schema", content: <SchemaView dataset={dataset} /> },
              ]}
            />
          </Panel>
        </>
      )}
      {open === "import" ? <ImportDialog into={name} onClose={() => setOpen(undefined)} /> : null}
      {open === "remove" && dataset ? (
        <ConfirmByName
          name={name}
          title={`Remove ${name}`}
          description={`All of its ${plural(dataset.versions.length, "version")} are gone then, and nothing brings them back.`}
          action="Remove it"
          pending={remove.isPending}
          refusal={remove.error ? problemOf(remove.error) : undefined}
          onConfirm={() => remove.mutate({ id: dataset.id })}
          onClose={() => setOpen(undefined)}
        />
      ) : null}
    </Page>
  );
}

function Note({ dataset: { versions } }: { readonly dataset: DatasetDetail }) {
  const [latest] = versions;
  if (latest === undefined) return null;
  return (
    <span className="flex flex-wrap items-center gap-x-4 gap-y-1">
      <span>
        {plural(latest.rows, "example")} in version {latest.number}, {fromNow(Date.parse(latest.createdAt), Date.now())}{" "}
        by {latest.createdByName}
      </span>
      <SplitBar version={latest} />
    </span>
  );
}
