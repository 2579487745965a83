"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "../../ui/toast.tsx";
import { ConfirmByName } from "../service/confirm-by-name.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { Alias } from "./types.ts";

export function RemoveAliasDialog({ alias, onClose }: { readonly alias: Alias; readonly onClose: () => void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { mutate, isPending, error } = useMutation(
    trpc.aliases.remove.mutationOptions({
      onSuccess: () => {
        toast({ tone: "good", text: `${alias.name} is removed.` });
        onClose();
      },
      onSettled: () => client.invalidateQueries({ queryKey: trpc.aliases.pathKey() }),
    }),
  );
  return (
    <ConfirmByName
      name={alias.name}
      title={`Remove ${alias.name}?`}
      description="Requests that name it are refused at once, and its history goes with it. What it points to stays."
      action="Remove"
      pending={isPending}
      refusal={error ? problemOf(error) : undefined}
      onConfirm={() => mutate({ id: alias.id, updatedAt: alias.updatedAt })}
      onClose={onClose}
    />
  );
}
