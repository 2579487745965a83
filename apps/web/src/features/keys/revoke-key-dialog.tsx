"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { fromNow } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { ApiKey } from "./key-state.ts";

export interface RevokeKeyDialogProps {
  readonly apiKey: ApiKey;
  readonly onClose: () => void;
}

/** It can't be undone, so it asks for the name. */
export function RevokeKeyDialog({ apiKey: { id, name, lastUsedAt }, onClose }: RevokeKeyDialogProps) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [typed, setTyped] = useState("");
  const revoke = useMutation(
    trpc.keys.revoke.mutationOptions({
      onSuccess: () => {
        void queries.invalidateQueries({ queryKey: trpc.keys.list.queryKey() });
        toast({ tone: "good", text: `Revoked ${name}.`, hint: "Requests with it are refused from now on." });
        onClose();
      },
    }),
  );
  const refusal = revoke.error ? problemOf(revoke.error) : undefined;
  const used =
    lastUsedAt === null ? "It was never used." : `It was last used ${fromNow(Date.parse(lastUsedAt), Date.now())}.`;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (typed.trim() === name) revoke.mutate({ id });
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title={`Revoke ${name}`}
      description={`Every program that uses this key is refused at once, and for good. ${used}`}
    >
      <form onSubmit={submit} className="grid gap-5">
        <Field label={`Type ${name} to revoke it`}>
          {(control) => (
            <Input
              {...control}
              data-first-focus
              value={typed}
              autoComplete="off"
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
          )}
        </Field>
        {refusal ? (
          <Notice tone="bad" hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
        <footer className="flex justify-end gap-2">
          <Button kind="quiet" onClick={onClose}>
            Keep it
          </Button>
          <Button type="submit" kind="danger" disabled={typed.trim() !== name || revoke.isPending}>
            {revoke.isPending ? "Revoking" : "Revoke the key"}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
