"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { fromNow } from "../../ui/format.ts";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { WebhookDelivery, WebhookEndpoint } from "./types.ts";

export interface DeliveryRowProps {
  readonly delivery: WebhookDelivery;
  readonly endpoint: WebhookEndpoint | undefined;
  readonly mayWrite: boolean;
}

const tones: Readonly<Record<WebhookDelivery["state"], Tone>> = { pending: "accent", sent: "good", failed: "bad" };
const words: Readonly<Record<WebhookDelivery["state"], string>> = {
  pending: "on its way",
  sent: "delivered",
  failed: "given up",
};

export function DeliveryRow({ delivery, endpoint, mayWrite }: DeliveryRowProps) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const again = useMutation(
    trpc.webhooks.again.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.webhooks.list.queryKey() }),
      onError: (error: unknown) => toast({ tone: "bad", text: problemOf(error).message }),
    }),
  );
  const { attempts, body, createdAt, error, event, eventId, id, state, status } = delivery;
  const tries = attempts === 1 ? "once" : `${attempts} times`;
  const how = [
    fromNow(Date.parse(createdAt), Date.now()),
    attempts > 0 ? `tried ${tries}` : "",
    status === null ? "" : `answered ${status}`,
    status === null ? (error ?? "") : "",
  ];
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-line border-b px-4 py-3 last:border-b-0">
      <details className="min-w-40 grow basis-0">
        <summary className="cursor-pointer focus-ring">
          <span className="inline-flex flex-wrap items-center gap-2">
            <span className="font-medium">{event}</span>
            <Badge tone={tones[state]}>{words[state]}</Badge>
            <span className="text-ink-3 text-xs">{how.filter((part) => part !== "").join(", ")}</span>
          </span>
        </summary>
        <p className="mt-2 break-all text-ink-3 text-xs">
          {eventId} to {endpoint?.url ?? "a webhook that is gone"}
        </p>
        <pre className="mt-1 whitespace-pre-wrap break-all text-xs">{body}</pre>
      </details>
      {mayWrite && state !== "pending" ? (
        <Button
          size="sm"
          kind="quiet"
          disabled={again.isPending}
          aria-label={`Send ${eventId} again`}
          onClick={() => again.mutate({ id })}
        >
          Send again
        </Button>
      ) : null}
    </li>
  );
}
