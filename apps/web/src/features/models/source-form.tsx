"use client";

import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { CallProblem } from "../service/trpc.tsx";
import { nameProblem } from "./model-name.ts";

export interface SourceFormProps {
  readonly taken: readonly string[];
  readonly label: string;
  readonly hint: string;
  readonly placeholder: string;
  /** What is said when nothing was given. */
  readonly missing: string;
  /** What the button does. */
  readonly act: string;
  readonly busy: boolean;
  readonly refusal: CallProblem | undefined;
  readonly onSubmit: (what: { source: string; name?: string }) => void;
  readonly onClose: () => void;
}

/** Asks for a path or a hub id, and for a name. */
export function SourceForm(props: SourceFormProps) {
  const { act, busy, hint, label, missing, onClose, onSubmit, placeholder, refusal, taken } = props;
  const [source, setSource] = useState("");
  const [name, setName] = useState("");
  const [tried, setTried] = useState(false);
  const noSource = tried && source.trim() === "" ? missing : undefined;
  const badName = nameProblem(name.trim(), taken);

  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (source.trim() === "" || badName) return;
    onSubmit({ source: source.trim(), ...(name.trim() && { name: name.trim() }) });
  }

  return (
    <form onSubmit={submit} noValidate className="grid gap-4 px-5 pt-4">
      <Field label={label} hint={hint} problem={noSource ?? refusal?.fields.source}>
        {(control) => (
          <Input
            {...control}
            spellCheck={false}
            placeholder={placeholder}
            className="font-mono"
            value={source}
            onChange={(event) => setSource(event.currentTarget.value)}
          />
        )}
      </Field>
      <Field label="Name" hint="What requests call it; by default the file's name." problem={badName}>
        {(control) => <Input {...control} value={name} onChange={(event) => setName(event.currentTarget.value)} />}
      </Field>
      {refusal && !refusal.fields.source ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      <footer className="flex justify-end gap-2">
        <Button kind="quiet" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" kind="primary" disabled={busy}>
          {act}
        </Button>
      </footer>
    </form>
  );
}
