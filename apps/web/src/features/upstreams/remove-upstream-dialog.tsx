"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "../../ui/toast.tsx";
import { ConfirmByName } from "../service/confirm-by-name.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { Upstream } from "./types.ts";

export function RemoveUpstreamDialog({
  upstream,
  onClose,
}: {
  readonly upstream: Upstream;
  readonly onClose: () => void;
}) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { mutate, isPending, error } = useMutation(
    trpc.upstreams.remove.mutationOptions({
      onSuccess: () => {
        toast({ tone: "good", text: `${upstream.name} is removed, and its secret with it.` });
        onClose();
      },
      onSettled: () => client.invalidateQueries({ queryKey: trpc.upstreams.pathKey() }),
    }),
  );
  return (
    <ConfirmByName
      name={upstream.name}
      title={`Remove ${upstream.name}?`}
      description="Requests for its models are refused at once, and its secret is deleted. Its server is not touched."
      action="Remove"
      pending={isPending}
      refusal={error ? problemOf(error) : undefined}
      onConfirm={() => mutate({ id: upstream.id, updatedAt: upstream.updatedAt })}
      onClose={onClose}
    />
  );
}
