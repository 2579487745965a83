"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input, Select, Textarea } from "../../ui/field.tsx";
import { fromNow } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { Comments } from "./comments.tsx";
import { editable, parsed } from "./example-text.ts";
import type { DatasetDetail, Edit, Example, Version } from "./types.ts";

export interface ExampleDialogProps {
  readonly dataset: DatasetDetail;
  readonly version: Version;
  /** Left out, a new one. */
  readonly example: Example | undefined;
  /** One that is like those that are there: a new one has its form. */
  readonly model: Example | undefined;
  readonly mayEdit: boolean;
  readonly onClose: () => void;
}

/** One example: what it says, who made it so, what was said about it; changed, it is a new version. */
export function ExampleDialog({ dataset, example, mayEdit, model, onClose, version }: ExampleDialogProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const form = useId();
  const [input, setInput] = useState(editable(example?.input ?? blank(model?.input)));
  const [expected, setExpected] = useState(editable(example?.expected ?? blank(model?.expected)));
  const [tags, setTags] = useState((example?.tags ?? []).join(", "));
  const [split, setSplit] = useState<string>(example?.split ?? (example ? "none" : "auto"));
  const [problem, setProblem] = useState<string>();
  const history = useQuery(
    trpc.datasets.history.queryOptions(
      { dataset: dataset.id, position: example?.position ?? 1 },
      { enabled: example !== undefined },
    ),
  ).data?.moments;
  const edit = useMutation(
    trpc.datasets.edit.mutationOptions({
      onSuccess: async ({ made, version: next }) => {
        await client.invalidateQueries(trpc.datasets.pathFilter());
        toast({ tone: "good", text: made ? `This is version ${next.number} now.` : "Nothing has changed." });
        onClose();
      },
    }),
  );
  const refusal = edit.error ? problemOf(edit.error) : undefined;
  const send = (one: Edit) => edit.mutate({ dataset: dataset.id, seen: version.number, edits: [one] });

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    try {
      const said = {
        input: parsed(input, example?.input ?? model?.input ?? ""),
        expected: expected === "" ? null : parsed(expected, example?.expected ?? model?.expected ?? ""),
        tags: tags
          .split(",")
          .map((tag) => tag.trim())
          .filter((tag) => tag !== ""),
        ...(split === "none" ? { split: null } : isSplit(split) ? { split } : {}),
      };
      setProblem(undefined);
      send(example ? { kind: "replace", position: example.position, example: said } : { kind: "add", example: said });
    } catch {
      setProblem("This must stay JSON: a bracket or a quote is missing.");
    }
  }
  return (
    <Dialog
      open
      shape="wide"
      keeps={mayEdit ? "work" : undefined}
      onClose={onClose}
      title={example ? `Row ${example.position.toLocaleString("en")}` : "A new example"}
      actions={
        mayEdit ? (
          <>
            {example ? (
              <Button
                kind="danger"
                className="mr-auto"
                disabled={edit.isPending}
                onClick={() => send({ kind: "remove", position: example.position })}
              >
                Take it out
              </Button>
            ) : null}
            <Button onClick={onClose}>Cancel</Button>
            <Button kind="primary" type="submit" form={form} disabled={edit.isPending}>
              Save as a new version
            </Button>
          </>
        ) : undefined
      }
    >
      <form id={form} onSubmit={submit} className="grid gap-4">
        <Field label="What the model is shown" {...(problem && { problem })}>
          {(control) => (
            <Textarea
              {...control}
              rows={6}
              readOnly={!mayEdit}
              required
              value={input}
              onChange={(event) => setInput(event.currentTarget.value)}
            />
          )}
        </Field>
        <Field label="The right answer">
          {(control) => (
            <Textarea
              {...control}
              rows={3}
              readOnly={!mayEdit}
              value={expected}
              onChange={(event) => setExpected(event.currentTarget.value)}
            />
          )}
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Tags" hint="Separated by commas.">
            {(control) => (
              <Input
                {...control}
                readOnly={!mayEdit}
                value={tags}
                onChange={(event) => setTags(event.currentTarget.value)}
              />
            )}
          </Field>
          <Field label="Split" hint="By its content, examples that are alike stay together.">
            {(control) => (
              <Select
                {...control}
                disabled={!mayEdit}
                value={split}
                onChange={(event) => setSplit(event.currentTarget.value)}
              >
                <option value="auto">by its content</option>
                <option value="train">train</option>
                <option value="validation">validation</option>
                <option value="test">test</option>
                <option value="none">none</option>
              </Select>
            )}
          </Field>
        </div>
        {refusal ? (
          <Notice tone="bad" hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
      </form>
      {example && history ? (
        <section className="grid gap-1.5">
          <h3 className="font-medium text-ink-2 text-xs">Who made it so</h3>
          <ul className="grid gap-1 text-xs">
            {history.map(({ brought, example: was, gone }) => (
              <li key={was.id} className="flex flex-wrap gap-x-2 text-ink-2">
                <span className="text-ink">Version {brought.number}</span>
                <span>
                  {brought.createdByName}, {fromNow(Date.parse(brought.createdAt), Date.now())}
                </span>
                <span className="min-w-0 truncate text-ink-3">
                  {gone ? `until version ${gone.number}` : brought.note}
                </span>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {example ? <Comments kind="example" subjectId={example.id} /> : null}
    </Dialog>
  );
}

function blank(value: Example["input"] | undefined): Example["input"] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "";
  return Object.fromEntries(Object.keys(value).map((name) => [name, ""]));
}

function isSplit(text: string): text is "train" | "validation" | "test" {
  return ["train", "validation", "test"].includes(text);
}
