"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import { plural } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { toQuery } from "./filters.ts";

const answers = [
  { id: "nothing", name: "Nothing yet: somebody will say" },
  { id: "answer", name: "What was answered" },
  { id: "correction", name: "The newest correction" },
] as const;

export interface ExamplesDialogProps {
  /** What the list is narrowed to. */
  readonly filter: ReturnType<typeof toQuery>;
  readonly onClose: () => void;
}

/** All requests that the filters find become examples of a dataset, each question once. */
export function ExamplesDialog({ filter, onClose }: ExamplesDialogProps) {
  const trpc = useTRPC();
  const known = useQuery(trpc.traces.datasets.queryOptions()).data?.datasets ?? [];
  const [dataset, setDataset] = useState("from-traces");
  const [expected, setExpected] = useState<(typeof answers)[number]["id"]>("nothing");
  const save = useMutation(trpc.traces.saveExamples.mutationOptions());
  const problem = save.error ? problemOf(save.error) : undefined;
  const made = save.data;
  return (
    <Dialog
      open
      onClose={onClose}
      title="Make examples of these requests"
      description="The newest 500 that the filters find; what asks the same is taken once."
      actions={
        <>
          <Button onClick={onClose}>{made ? "Done" : "Cancel"}</Button>
          <Button
            kind="primary"
            disabled={save.isPending || dataset.trim() === ""}
            onClick={() => save.mutate({ filter, dataset: dataset.trim(), expected })}
          >
            Make examples
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
        <Field label="Dataset" hint="One that there is, or a new name">
          {(control) => (
            <>
              <Input
                {...control}
                list="datasets-for-traces"
                value={dataset}
                onChange={({ target }) => setDataset(target.value)}
              />
              <datalist id="datasets-for-traces">
                {known.map(({ id, name }) => (
                  <option key={id} value={name} />
                ))}
              </datalist>
            </>
          )}
        </Field>
        <Field label="What they should answer">
          {(control) => (
            <Select
              {...control}
              value={expected}
              onChange={({ target }) => setExpected(answers.find(({ id }) => id === target.value)?.id ?? "nothing")}
            >
              {answers.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {made ? (
          <p role="status">
            {made.added === 0 ? (
              "Nothing new was found"
            ) : (
              <>
                {plural(made.added, "example")} {made.added === 1 ? "is" : "are"} in{" "}
                <Link
                  href={`/datasets/${encodeURIComponent(made.dataset)}`}
                  className="focus-ring rounded-sm underline"
                >
                  {made.dataset}, version {made.version}
                </Link>
              </>
            )}
            {made.same > 0 ? `; ${made.same} asked the same as another` : ""}
            {made.unusable > 0 ? `; ${made.unusable} can't become examples` : ""}.
          </p>
        ) : null}
      </div>
    </Dialog>
  );
}
