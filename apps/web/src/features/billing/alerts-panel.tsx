"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { BellRing, Plus } from "lucide-react";
import { useState } from "react";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { fromNow } from "../../ui/format.ts";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { ChannelDialog } from "./channel-dialog.tsx";
import type { Alert, AlertChannel } from "./types.ts";

const freshMs = 5_000;
const kinds = { webhook: "Webhook", slack: "Slack hook", mail: "E-mail" } as const;

/** Where alerts go, and what was told last. */
export function AlertsPanel({ mayWrite }: { readonly mayWrite: boolean }) {
  const trpc = useTRPC();
  const [adding, setAdding] = useState(false);
  const { data } = useQuery(trpc.alerts.list.queryOptions(undefined, { refetchInterval: freshMs }));
  return (
    <Panel
      title="Alerts"
      note="budgets at 50, 80 and 100 %, objectives that burn, unusual spend"
      padded={false}
      actions={
        mayWrite ? (
          <Button size="sm" kind="quiet" onClick={() => setAdding(true)}>
            <Plus /> New channel
          </Button>
        ) : null
      }
    >
      {data === undefined ? <Skeleton className="m-4 h-10" /> : null}
      {data?.channels.length === 0 && data.alerts.length === 0 ? (
        <EmptyState icon={BellRing} title="Nobody is told yet">
          A channel is a signed webhook, a Slack-compatible hook or an e-mail address. What can't be delivered is tried
          again for nine hours.
        </EmptyState>
      ) : null}
      <ul aria-label="Channels">
        {data?.channels.map((channel) => (
          <ChannelRow key={channel.id} channel={channel} mayWrite={mayWrite} />
        ))}
      </ul>
      {data && data.alerts.length > 0 ? (
        <ul aria-label="Alerts" className="border-line border-t bg-canvas">
          {data.alerts.slice(0, 8).map((alert) => (
            <AlertRow key={alert.id} alert={alert} channels={data.channels} />
          ))}
        </ul>
      ) : null}
      {adding ? <ChannelDialog onClose={() => setAdding(false)} /> : null}
    </Panel>
  );
}

function ChannelRow({ channel, mayWrite }: { readonly channel: AlertChannel; readonly mayWrite: boolean }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const done = {
    onSuccess: () => queries.invalidateQueries({ queryKey: trpc.alerts.list.queryKey() }),
    onError: (error: unknown) => toast({ tone: "bad" as const, text: problemOf(error).message }),
  };
  const test = useMutation(trpc.alerts.test.mutationOptions(done));
  const change = useMutation(trpc.alerts.switchChannel.mutationOptions(done));
  const remove = useMutation(trpc.alerts.removeChannel.mutationOptions(done));
  const { enabled, id, name, updatedAt } = channel;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-line border-b px-4 py-3 last:border-b-0">
      <div className="min-w-40 grow basis-0">
        <p className="flex items-center gap-2">
          <span className="font-medium">{name}</span>
          <Badge>{kinds[channel.kind]}</Badge>
          {enabled ? null : <Badge tone="warn">off</Badge>}
        </p>
        <p className="truncate text-ink-3 text-xs">{shortened(channel)}</p>
      </div>
      {mayWrite ? (
        <div className="flex gap-1">
          <Button size="sm" kind="quiet" disabled={test.isPending} onClick={() => test.mutate({ id })}>
            Test
          </Button>
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

/** The path of a hook is as good as a password: only its host is shown. */
function shortened({ address, kind }: AlertChannel): string {
  return kind === "mail" ? address : (URL.parse?.(address)?.host ?? address.replace(/^https?:\/\/([^/]+).*$/, "$1"));
}

function AlertRow({ alert, channels }: { readonly alert: Alert; readonly channels: readonly AlertChannel[] }) {
  const told = deliveryInWords(alert, channels);
  return (
    <li className="grid gap-0.5 border-line border-b px-4 py-2.5 last:border-b-0">
      <p className="flex flex-wrap items-baseline justify-between gap-x-4">
        <span className="min-w-0 break-words font-medium">{alert.title}</span>
        <span className="text-ink-3 text-xs">{fromNow(Date.parse(alert.createdAt), Date.now())}</span>
      </p>
      <p className="break-words text-ink-2 text-xs">{alert.text}</p>
      <p>
        <Badge tone={told.tone}>{told.words}</Badge>
      </p>
    </li>
  );
}

function deliveryInWords(
  { deliveries }: Alert,
  channels: readonly AlertChannel[],
): { readonly words: string; readonly tone: Tone } {
  const bad =
    deliveries.find(({ state }) => state === "failed") ??
    deliveries.find(({ error, state }) => state === "pending" && error);
  if (bad) {
    const name = channels.find(({ id }) => id === bad.channelId)?.name ?? "a channel";
    const end = bad.state === "failed" ? "given up" : "tried again soon";
    return { words: `${name}: ${bad.error ?? "not delivered"} (${end})`, tone: "bad" };
  }
  const sent = deliveries.filter(({ state }) => state === "sent").length;
  if (deliveries.length === 0) return { words: "no channel was on", tone: "neutral" };
  return sent === deliveries.length ? { words: "delivered", tone: "good" } : { words: "on its way", tone: "accent" };
}
