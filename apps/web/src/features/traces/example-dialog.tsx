"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { TraceDetail } from "./types.ts";

const choices = [
  { id: "answer", name: "What was answered" },
  { id: "correction", name: "The newest correction" },
  { id: "nothing", name: "Nothing yet: somebody will say" },
] as const;

/** Adds the request to a dataset, one that there is or a new one. */
export function ExampleDialog({ detail, onClose }: { readonly detail: TraceDetail; readonly onClose: () => void }) {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.traces.datasets.queryOptions());
  const corrected = detail.feedback.some(({ kind }) => kind === "correction");
  const [expected, setExpected] = useState<(typeof choices)[number]["id"]>(corrected ? "correction" : "answer");
  const [chosen, setChosen] = useState<string>();
  const [fresh, setFresh] = useState("");
  const known = data?.datasets ?? [];
  const named = chosen ?? known[0]?.name ?? "";
  const dataset = named === "" ? fresh.trim() : named;
  const save = useMutation(
    trpc.traces.saveExample.mutationOptions({
      onSuccess: ({ dataset: name, made, version }) => {
        toast({
          tone: "good",
          text: made ? `Saved to ${name}, version ${version}.` : `${name} holds this example already.`,
        });
        onClose();
      },
    }),
  );
  const problem = save.error ? problemOf(save.error) : undefined;
  return (
    <Dialog
      open
      onClose={onClose}
      keeps="work"
      title="Save as example"
      description="A new version of the dataset holds it; earlier versions stay as they are."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            disabled={save.isPending || dataset === ""}
            onClick={() => save.mutate({ id: detail.trace.id, dataset, expected })}
          >
            Save
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        {problem ? (
          <Notice tone="bad" hint={problem.hint}>
            {problem.message}
          </Notice>
        ) : null}
        <Field label="Dataset">
          {(control) => (
            <Select {...control} value={named} onChange={(event) => setChosen(event.currentTarget.value)}>
              {known.map(({ id, name }) => (
                <option key={id} value={name}>
                  {name}
                </option>
              ))}
              <option value="">A new one</option>
            </Select>
          )}
        </Field>
        {named === "" ? (
          <Field label="Name of the new dataset">
            {(control) => (
              <Input {...control} value={fresh} onChange={(event) => setFresh(event.currentTarget.value)} />
            )}
          </Field>
        ) : null}
        <Field label="What it should answer">
          {(control) => (
            <Select
              {...control}
              value={expected}
              onChange={(event) =>
                setExpected(choices.find(({ id }) => id === event.currentTarget.value)?.id ?? "answer")
              }
            >
              {choices.map(({ id, name }) => (
                <option key={id} value={id} disabled={id === "correction" && !corrected}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
    </Dialog>
  );
}
