"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "../../ui/button.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { Model } from "./types.ts";

/** Who may use a model: its organization, or every one of this installation; and a way to change that. */
export function Availability({ model: { name, own, shareable, shared } }: { readonly model: Model }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { may } = useSession();
  const { isPending, mutate } = useMutation(
    trpc.models.share.mutationOptions({
      onSuccess: (model) => {
        queries.setQueryData(trpc.models.get.queryKey({ name }), model);
        const text = model.shared
          ? `Every organization of this installation may use ${name} now.`
          : `${name} is this organization's alone again.`;
        toast({ tone: "good", text });
      },
      onError: (error) => {
        const { hint, message } = problemOf(error);
        toast({ tone: "bad", text: message, ...(hint && { hint }) });
      },
    }),
  );
  const who = shared ? "every organization of this installation" : "this organization alone";
  return (
    <span className="inline-flex flex-wrap items-center gap-x-3 gap-y-1">
      <span>{own || !shared ? who : `${who}, which looks after it`}</span>
      {may("models:write") && shareable ? (
        <Button size="sm" disabled={isPending} onClick={() => mutate({ name, shared: !shared })}>
          {shared ? "Stop sharing" : "Share with all"}
        </Button>
      ) : null}
    </span>
  );
}
