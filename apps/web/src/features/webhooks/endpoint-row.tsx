"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { WebhookEndpoint } from "./types.ts";

export interface EndpointRowProps {
  readonly endpoint: WebhookEndpoint;
  readonly mayWrite: boolean;
}

export function EndpointRow({ endpoint, mayWrite }: EndpointRowProps) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const done = {
    onSuccess: () => queries.invalidateQueries({ queryKey: trpc.webhooks.list.queryKey() }),
    onError: (error: unknown) => toast({ tone: "bad" as const, text: problemOf(error).message }),
  };
  const change = useMutation(trpc.webhooks.update.mutationOptions(done));
  const remove = useMutation(trpc.webhooks.remove.mutationOptions(done));
  const { enabled, events, id, updatedAt, url } = endpoint;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-line border-b px-4 py-3 last:border-b-0">
      <div className="min-w-40 grow basis-0">
        <p className="flex flex-wrap items-center gap-2">
          <span className="min-w-0 break-all font-medium">{url}</span>
          {enabled ? null : <Badge tone="warn">off</Badge>}
        </p>
        <p className="text-ink-3 text-xs">{events.join(", ")}</p>
      </div>
      {mayWrite ? (
        <div className="flex gap-1">
          <Button
            size="sm"
            kind="quiet"
            disabled={change.isPending}
            onClick={() => change.mutate({ id, enabled: !enabled, updatedAt })}
          >
            {enabled ? "Switch off" : "Switch on"}
          </Button>
          <Button size="sm" kind="quiet" disabled={remove.isPending} onClick={() => remove.mutate({ id })}>
            Remove
          </Button>
        </div>
      ) : null}
    </li>
  );
}
