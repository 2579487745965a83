"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Field, Textarea } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { DatasetDetail } from "./types.ts";

/** What every example must be like: inferred, edited, enforced. */
export function SchemaView({ dataset }: { readonly dataset: DatasetDetail }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { may } = useSession();
  const [draft, setDraft] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const inferred = useQuery(trpc.datasets.schema.queryOptions({ dataset: dataset.id })).data?.inferred;
  const update = useMutation(
    trpc.datasets.update.mutationOptions({
      onSuccess: async ({ schema }) => {
        setDraft(undefined);
        await client.invalidateQueries(trpc.datasets.get.queryFilter());
        toast({
          tone: "good",
          text: schema ? "Every example is held to the schema now." : "Anything may come in now.",
        });
      },
    }),
  );
  const refusal = update.error ? problemOf(update.error) : undefined;
  const shown = dataset.schema ?? inferred;
  const text = draft ?? (shown ? JSON.stringify(shown, null, 2) : "");
  const write = may("datasets:write");
  function enforce() {
    try {
      const schema = JSON.parse(text) as NonNullable<DatasetDetail["schema"]>;
      setProblem(undefined);
      update.mutate({ id: dataset.id, updatedAt: dataset.updatedAt, schema });
    } catch {
      setProblem("This is not JSON: a bracket or a comma is missing.");
    }
  }
  return (
    <div className="grid gap-3 p-4">
      <p className="text-ink-2">
        {dataset.schema
          ? "Every example is held to this; what does not fit is refused with its row."
          : "The examples suggest this. Hold them to it, and what does not fit is refused with its row."}
      </p>
      <Field label="JSON Schemas of input and expected answer" {...(problem && { problem })}>
        {(control) => (
          <Textarea
            {...control}
            rows={14}
            readOnly={!write}
            className="font-mono text-xs"
            value={text}
            onChange={(event) => setDraft(event.currentTarget.value)}
          />
        )}
      </Field>
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      {write ? (
        <div className="flex gap-2">
          <Button kind="primary" disabled={update.isPending || text === ""} onClick={enforce}>
            {dataset.schema ? "Save" : "Hold examples to it"}
          </Button>
          {dataset.schema ? (
            <Button
              disabled={update.isPending}
              onClick={() => update.mutate({ id: dataset.id, updatedAt: dataset.updatedAt, schema: null })}
            >
              Let anything in
            </Button>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}
