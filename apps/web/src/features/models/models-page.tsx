"use client";

import { useQuery } from "@tanstack/react-query";
import { Boxes, Plus } from "lucide-react";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { bytes, plural, written } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { useAddressQuery } from "../service/use-address-query.ts";
import { AddModelDialog } from "./add-model-dialog.tsx";
import { ComparePanel } from "./compare-panel.tsx";
import { DownloadLines } from "./download-line.tsx";
import { ElsewherePanel } from "./elsewhere-panel.tsx";
import { modelColumns } from "./model-columns.tsx";
import { selectedIn, toggled } from "./selection.ts";
import type { Machine, Model } from "./types.ts";
import { UploadLine } from "./upload-line.tsx";

/** What is loaded and how fast it was measured follow by themselves. */
const everyMs = 3000;

export function ModelsPage() {
  const trpc = useTRPC();
  const [query, choose] = useAddressQuery("/models");
  const { may } = useSession();
  const list = useQuery(trpc.models.list.queryOptions(undefined, { refetchInterval: everyMs }));
  const [adding, setAdding] = useState(false);
  const models = list.data?.models;
  const refusal = list.error ? problemOf(list.error) : undefined;
  const selected = selectedIn(query, models?.map(({ name }) => name) ?? []);
  const compared = selected.flatMap((name) => models?.filter((model) => model.name === name) ?? []);
  const toggle = (name: string) => choose(toggled(query, name));
  const add = may("models:write") ? (
    <Button kind="primary" onClick={() => setAdding(true)}>
      <Plus /> Add a model
    </Button>
  ) : null;
  return (
    <Page
      name="Models"
      answer={answer(models)}
      note={list.data ? note(list.data.machine) : undefined}
      actions={models && models.length > 0 ? add : null}
    >
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      {may("models:write") ? <UploadLine onOpen={() => setAdding(true)} /> : null}
      <DownloadLines />
      {compared.length > 1 ? <ComparePanel models={compared} onLeaveOut={toggle} /> : null}
      {compared.length === 1 ? (
        <Notice tone="neutral">Choose one more model to compare it with {compared[0]?.name}.</Notice>
      ) : null}
      {models ? (
        <Panel padded={false}>
          <DataTable
            label="Models"
            rows={models}
            columns={modelColumns({ now: Date.now(), selected, onSelect: toggle })}
            rowKey={(model) => model.name}
            empty={
              <EmptyState icon={Boxes} title="No models yet" action={add}>
                Upload a GGUF file, name a file or folder on this machine, or give a hub id such as owner/name. A model
                of one billion parameters in q8_0 takes about 1.1 GiB.
              </EmptyState>
            }
          />
        </Panel>
      ) : refusal ? null : (
        <Panel>
          <div className="grid gap-3">
            {["a", "b", "c"].map((row) => (
              <Skeleton key={row} className="h-8" />
            ))}
          </div>
        </Panel>
      )}
      <ElsewherePanel />
      {adding && list.data ? (
        <AddModelDialog
          taken={list.data.models.map(({ name }) => name)}
          uploadLimit={list.data.machine.uploadLimit}
          onClose={() => setAdding(false)}
        />
      ) : null}
    </Page>
  );
}

function answer(models: readonly Model[] | undefined): string {
  if (models === undefined) return "Which models can this machine run?";
  if (models.length === 0) return "There is no model to run yet.";
  const fitting = models.filter(({ memory }) => memory?.verdict === "fits" || memory?.verdict === "tight");
  const can = `${plural(fitting.length, "model")} can run on this machine`;
  return fitting.length === models.length ? `${can}.` : `${can}; ${models.length - fitting.length} can't.`;
}

function note({ forModels, total }: Machine): string {
  const memory = `Models may take ${written(bytes(forModels))} of its ${written(bytes(total))} of memory.`;
  return `Each answers the API under its name; those not loaded yet load when first asked. ${memory}`;
}
