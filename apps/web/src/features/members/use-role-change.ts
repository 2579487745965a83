"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Role } from "@tugboat/inference/trpc";
import { useState } from "react";
import { toast } from "../../ui/toast.tsx";
import { type CallProblem, problemOf, useTRPC } from "../service/trpc.tsx";
import { roleName } from "./roles.ts";

export interface RoleChange {
  readonly userId: string;
  readonly role: Role;
  readonly updatedAt: string;
}

/** Changes roles at once on the screen; one that the service refuses goes back, with its sentence beside it. */
export function useRoleChange() {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [refused, setRefused] = useState<Readonly<Record<string, CallProblem>>>({});
  const { queryKey } = trpc.members.list.queryOptions();
  const { mutate } = useMutation(
    trpc.members.changeRole.mutationOptions({
      onMutate: async ({ userId, role }) => {
        setRefused(({ [userId]: _, ...others }) => others);
        await client.cancelQueries({ queryKey });
        const before = client.getQueryData(queryKey);
        client.setQueryData(
          queryKey,
          (list) => list && { members: list.members.map((one) => (one.userId === userId ? { ...one, role } : one)) },
        );
        return { before };
      },
      onError: (error, { userId }, context) => {
        client.setQueryData(queryKey, context?.before);
        setRefused((others) => ({ ...others, [userId]: problemOf(error) }));
      },
      onSuccess: ({ name, role }) => toast({ tone: "good", text: `${name} is now ${roleName(role).toLowerCase()}.` }),
      // One's own role decides what the whole console shows.
      onSettled: () =>
        Promise.all([
          client.invalidateQueries({ queryKey }),
          client.invalidateQueries({ queryKey: trpc.session.me.queryKey() }),
        ]),
    }),
  );
  return { change: (change: RoleChange) => mutate(change), refused };
}
