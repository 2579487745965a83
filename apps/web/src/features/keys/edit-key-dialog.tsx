"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { fieldProblems } from "./create-key-dialog.tsx";
import { changes, draftOf, problemsOf } from "./key-draft.ts";
import { KeyForm } from "./key-form.tsx";
import type { ApiKey } from "./key-state.ts";

export interface EditKeyDialogProps {
  readonly apiKey: ApiKey;
  readonly projects: readonly { readonly id: string; readonly name: string }[];
  readonly models: readonly string[];
  readonly onClose: () => void;
}

export function EditKeyDialog({ apiKey, projects, models, onClose }: EditKeyDialogProps) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [base, setBase] = useState(apiKey);
  const [draft, setDraft] = useState(draftOf(apiKey));
  const [tried, setTried] = useState(false);
  const update = useMutation(
    trpc.keys.update.mutationOptions({
      onSuccess: () => {
        void queries.invalidateQueries({ queryKey: trpc.keys.list.queryKey() });
        toast({ tone: "good", text: `Changed ${draft.name.trim()}.`, hint: "It holds from the next request on." });
        onClose();
      },
    }),
  );
  const refusal = update.error ? problemOf(update.error) : undefined;
  const conflict = refusal?.code === "conflict";
  const problems = tried ? { ...fieldProblems(refusal), ...problemsOf(draft, Date.now()) } : {};

  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    const now = Date.now();
    const { date: past, ...others } = problemsOf(draft, now);
    const same = draft.date === draftOf(base).date && draft.expiry === draftOf(base).expiry;
    if (Object.keys(others).length > 0 || (past && !same)) return;
    const changed = changes(draft, base, now);
    if (Object.keys(changed).length === 0) onClose();
    else update.mutate({ id: base.id, updatedAt: base.updatedAt, ...changed });
  }

  /** Begins anew from what the other one left. */
  async function takeTheirs() {
    const { keys } = await queries.fetchQuery(trpc.keys.list.queryOptions(undefined, { staleTime: 0 }));
    const theirs = keys.find(({ id }) => id === base.id);
    if (!theirs) return onClose();
    setBase(theirs);
    setDraft(draftOf(theirs));
    update.reset();
  }

  return (
    <Dialog
      open
      onClose={onClose}
      keeps="work"
      title={`Change ${apiKey.name}`}
      description="Programs that use it keep working, as far as you allow here. The secret stays the same."
    >
      <form onSubmit={submit} noValidate className="grid gap-5">
        <KeyForm
          draft={draft}
          onChange={setDraft}
          problems={problems}
          projects={projects}
          projectFixed
          models={models}
        />
        {refusal && Object.keys(fieldProblems(refusal)).length === 0 ? (
          <Notice
            tone={conflict ? "warn" : "bad"}
            hint={conflict ? "Nothing of yours was stored. Begin again from what they left." : refusal.hint}
            action={
              conflict ? (
                <Button size="sm" onClick={() => void takeTheirs()}>
                  Show theirs
                </Button>
              ) : undefined
            }
          >
            {refusal.message}
          </Notice>
        ) : null}
        <footer className="flex justify-end gap-2">
          <Button kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" kind="primary" disabled={update.isPending}>
            {update.isPending ? "Saving" : "Save"}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
