"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { Member } from "./types.ts";

export interface RemoveDialogProps {
  readonly member: Member | undefined;
  /** Whether it is oneself. */
  readonly self: boolean;
  readonly organization: string;
  readonly onClose: () => void;
}

/** Asks for the name before somebody loses their way in. */
export function RemoveDialog({ member, ...rest }: RemoveDialogProps) {
  return member ? <Remove key={member.userId} member={member} {...rest} /> : null;
}

function Remove({ member, self, organization, onClose }: RemoveDialogProps & { readonly member: Member }) {
  const form = useId();
  const [typed, setTyped] = useState("");
  const trpc = useTRPC();
  const client = useQueryClient();
  const { mutate, isPending, error } = useMutation(
    trpc.members.remove.mutationOptions({
      onSuccess: () => {
        if (self) {
          window.location.assign("/");
          return;
        }
        toast({ tone: "good", text: `${member.name} is no longer a member.` });
        onClose();
      },
      onSettled: () => client.invalidateQueries({ queryKey: trpc.members.list.queryKey() }),
    }),
  );
  const refusal = error ? problemOf(error) : undefined;
  const meant = typed.trim() === member.name;

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (meant) mutate({ userId: member.userId });
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={self ? `Leave ${organization}?` : `Remove ${member.name}?`}
      description={
        self
          ? "You lose access at once, and come back only by a new invitation."
          : `${member.email} loses access at once. What they made stays; they come back only by a new invitation.`
      }
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" form={form} disabled={!meant || isPending}>
            {self ? "Leave" : "Remove"}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="grid gap-4">
        <Field label={`Type “${member.name}” to confirm`}>
          {(control) => (
            <Input
              {...control}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              autoComplete="off"
              data-first-focus
            />
          )}
        </Field>
        {refusal ? (
          <Notice tone="bad" hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
      </form>
    </Dialog>
  );
}
