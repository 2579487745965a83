"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { toast } from "../../ui/toast.tsx";
import { dayOf } from "../audit/moment.ts";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { roleName } from "./roles.ts";

/** Invitations that nobody has accepted yet. Nothing while there are none. */
export function InvitationsPanel() {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { queryKey, ...options } = trpc.members.invitations.queryOptions();
  const { data, error } = useQuery({ queryKey, ...options });
  const { mutate } = useMutation(
    trpc.members.withdraw.mutationOptions({
      onMutate: async ({ id }) => {
        await client.cancelQueries({ queryKey });
        const before = client.getQueryData(queryKey);
        client.setQueryData(
          queryKey,
          (list) => list && { invitations: list.invitations.filter((one) => one.id !== id) },
        );
        return { before };
      },
      onError: (cause, _, context) => {
        client.setQueryData(queryKey, context?.before);
        toast({ tone: "bad", text: "The invitation was not withdrawn.", hint: problemOf(cause).message });
      },
      onSuccess: () => toast({ tone: "good", text: "The invitation is withdrawn; its link no longer works." }),
      onSettled: () => client.invalidateQueries({ queryKey }),
    }),
  );
  if (error) return <Notice tone="bad">{problemOf(error).message}</Notice>;
  if (!data || data.invitations.length === 0) return null;
  return (
    <Panel title="Invited, not here yet" padded={false}>
      <ul>
        {data.invitations.map(({ id, email, role, invitedBy, expiresAt }) => (
          <li
            key={id}
            className="flex items-center justify-between gap-4 border-line border-b px-4 py-2.5 last:border-b-0 hover:bg-hover"
          >
            <div className="min-w-0">
              <p className="truncate font-medium">{email}</p>
              <p className="text-ink-3 text-xs">
                {roleName(role)} · invited by {invitedBy} · the link works until {dayOf(expiresAt)}
              </p>
            </div>
            <Button kind="quiet" size="sm" onClick={() => mutate({ id })}>
              Withdraw<span className="sr-only"> the invitation of {email}</span>
            </Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
