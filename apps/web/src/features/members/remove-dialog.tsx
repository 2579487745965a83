"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "../../ui/toast.tsx";
import { ConfirmByName } from "../service/confirm-by-name.tsx";
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
  return (
    <ConfirmByName
      name={member.name}
      title={self ? `Leave ${organization}?` : `Remove ${member.name}?`}
      description={
        self
          ? "You lose access at once, and come back only by a new invitation."
          : `${member.email} loses access at once. What they made stays; they come back only by a new invitation.`
      }
      action={self ? "Leave" : "Remove"}
      pending={isPending}
      refusal={error ? problemOf(error) : undefined}
      onConfirm={() => mutate({ userId: member.userId })}
      onClose={onClose}
    />
  );
}
