"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { nameProblem } from "./model-name.ts";

export interface AddBySourceProps {
  readonly taken: readonly string[];
  readonly label: string;
  readonly hint: string;
  readonly placeholder: string;
  /** What is said when nothing was given. */
  readonly missing: string;
  readonly onClose: () => void;
}

/** Adds what a path or a hub id names. */
export function AddBySource({ taken, label, hint, placeholder, missing, onClose }: AddBySourceProps) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const [source, setSource] = useState("");
  const [name, setName] = useState("");
  const [tried, setTried] = useState(false);
  const add = useMutation(
    trpc.models.add.mutationOptions({
      onSuccess: (model) => {
        void queries.invalidateQueries({ queryKey: trpc.models.list.queryKey() });
        toast({ tone: "good", text: `Added ${model.name}.`, hint: "It answers the API under this name." });
        onClose();
        router.push(`/models/${encodeURIComponent(model.name)}`);
      },
    }),
  );
  const refusal = add.error ? problemOf(add.error) : undefined;
  const noSource = tried && source.trim() === "" ? missing : undefined;
  const badName = nameProblem(name.trim(), taken);

  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (source.trim() === "" || badName) return;
    add.mutate({ source: source.trim(), ...(name.trim() && { name: name.trim() }) });
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
        <Button type="submit" kind="primary" disabled={add.isPending}>
          {add.isPending ? "Reading and digesting" : "Add the model"}
        </Button>
      </footer>
    </form>
  );
}
