"use client";

import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useId, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input, Select, Textarea } from "../../ui/field.tsx";
import { plural } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";

const example = `description: Support triage
prompts:
  - "Answer with one word, billing or bug: {{message}}"
providers:
  - tug-small
tests:
  - vars: { message: I was charged twice }
    assert:
      - { type: icontains, value: billing }
`;

/** A suite of tests, as promptfoo has them: looked at first, with what is left out, then compared. */
export function ImportSuiteDialog({ onClose }: { readonly onClose: () => void }) {
  const trpc = useTRPC();
  const router = useRouter();
  const form = useId();
  const [text, setText] = useState("");
  const [name, setName] = useState("");
  const [judge, setJudge] = useState("");
  const [models, setModels] = useState<Readonly<Record<string, string>>>({});
  const read = useMutation(trpc.evaluations.readSuite.mutationOptions({ onSuccess: (found) => setName(found.name) }));
  const begin = useMutation(
    trpc.evaluations.importSuite.mutationOptions({
      onSuccess: ({ evaluation }) => {
        onClose();
        router.push(`/evaluations/${evaluation}`);
      },
    }),
  );
  const found = read.data;
  const failed = begin.error ?? read.error;
  const refusal = failed ? problemOf(failed) : undefined;
  const [first = ""] = found?.models ?? [];

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (found === undefined) return read.mutate({ text });
    const chosen = Object.fromEntries(found.providers.map(({ id, model }) => [id, models[id] ?? model ?? first]));
    begin.mutate({ text, name, models: chosen, ...(found.judges && { judge: judge || first }) });
  }
  async function take(file: File | undefined) {
    if (file === undefined) return;
    const content = await file.text();
    setText(content);
    read.mutate({ text: content });
  }
  return (
    <Dialog
      open
      shape="wide"
      keeps={text === "" ? undefined : "work"}
      onClose={onClose}
      title="Import a suite of tests"
      description="promptfoo's YAML: its prompts on its providers, judged by its assertions."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} disabled={read.isPending || begin.isPending || text === ""}>
            {found ? `Import and compare` : "Look at it"}
          </Button>
        </>
      }
    >
      <form id={form} className="grid gap-4" onSubmit={submit}>
        <Field label="Suite" hint="Paste it, or choose its file">
          {(control) => (
            <Textarea
              {...control}
              rows={found ? 4 : 12}
              spellCheck={false}
              placeholder={example}
              className="font-mono text-xs"
              value={text}
              onChange={({ target }) => {
                setText(target.value);
                read.reset();
              }}
            />
          )}
        </Field>
        <input
          type="file"
          aria-label="File of the suite"
          accept=".yaml,.yml,.json"
          className="focus-ring text-xs"
          onChange={({ target }) => void take(target.files?.[0])}
        />
        {refusal ? (
          <Notice tone="bad" hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
        {found ? (
          <>
            <p>
              {plural(found.tests, "test")} become a dataset; {plural(found.prompts.length, "prompt")} on{" "}
              {plural(found.providers.length, "model")} are compared.
            </p>
            {found.notSupported.length > 0 ? (
              <Notice
                tone="warn"
                hint={found.notSupported
                  .map(({ times, what }) => (times > 1 ? `${what} (${times} times)` : what))
                  .join("; ")}
              >
                Left out, as it is not supported:
              </Notice>
            ) : null}
            <div className="grid gap-4 sm:grid-cols-2">
              <Field label="Name" hint="Of the dataset and of the evaluator">
                {(control) => <Input {...control} value={name} onChange={({ target }) => setName(target.value)} />}
              </Field>
              {found.judges ? (
                <ModelSelect
                  label="Reads the rubrics"
                  models={found.models}
                  value={judge || first}
                  onChange={setJudge}
                />
              ) : null}
              {found.providers.map(({ id, model }) => (
                <ModelSelect
                  key={id}
                  label={`Stands for ${id}`}
                  models={found.models}
                  value={models[id] ?? model ?? first}
                  onChange={(next) => setModels({ ...models, [id]: next })}
                />
              ))}
            </div>
          </>
        ) : null}
      </form>
    </Dialog>
  );
}

interface ModelSelectProps {
  readonly label: string;
  readonly models: readonly string[];
  readonly value: string;
  readonly onChange: (model: string) => void;
}

function ModelSelect({ label, models, onChange, value }: ModelSelectProps) {
  return (
    <Field label={label}>
      {(control) => (
        <Select {...control} value={value} onChange={({ target }) => onChange(target.value)}>
          {models.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </Select>
      )}
    </Field>
  );
}
