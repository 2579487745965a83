"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { type CallProblem, problemOf, useTRPC } from "../service/trpc.tsx";
import { creation, type DraftProblems, emptyDraft, problemsOf } from "./key-draft.ts";
import { KeyForm } from "./key-form.tsx";
import type { ApiKey } from "./key-state.ts";

export interface CreateKeyDialogProps {
  readonly projects: readonly { readonly id: string; readonly name: string }[];
  readonly models: readonly string[];
  readonly onMade: (made: { readonly secret: string; readonly key: ApiKey }) => void;
  readonly onClose: () => void;
}

export function CreateKeyDialog({ projects, models, onMade, onClose }: CreateKeyDialogProps) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(emptyDraft(projects[0]?.id ?? ""));
  const [tried, setTried] = useState(false);
  const create = useMutation(
    trpc.keys.create.mutationOptions({
      onSuccess: (made) => {
        void queries.invalidateQueries({ queryKey: trpc.keys.list.queryKey() });
        onMade(made);
      },
    }),
  );
  const refusal = create.error ? problemOf(create.error) : undefined;
  const problems = tried ? { ...fieldProblems(refusal), ...problemsOf(draft, Date.now()) } : {};

  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    const now = Date.now();
    if (Object.keys(problemsOf(draft, now)).length === 0) create.mutate(creation(draft, now));
  }

  return (
    <Dialog
      open
      onClose={onClose}
      keeps="work"
      title="Create a key"
      description="It opens the API to a program of yours, as far as you allow here."
    >
      <form onSubmit={submit} noValidate className="grid gap-5">
        <KeyForm
          draft={draft}
          onChange={setDraft}
          problems={problems}
          projects={projects}
          projectFixed={false}
          models={models}
        />
        {refusal && Object.keys(fieldProblems(refusal)).length === 0 ? (
          <Notice tone="bad" hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
        <footer className="flex justify-end gap-2">
          <Button kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" kind="primary" disabled={create.isPending}>
            {create.isPending ? "Creating" : "Create the key"}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

/** The service's sentences, each beside the field that the form has for it. */
export function fieldProblems(refusal: CallProblem | undefined): DraftProblems {
  const found: Record<string, string> = {};
  for (const [path, sentence] of Object.entries(refusal?.fields ?? {})) {
    const field = path.split(".")[0] ?? "";
    found[field === "expiresAt" ? "date" : field === "budgetMicroUsd" ? "budget" : field] = sentence;
  }
  return found;
}
