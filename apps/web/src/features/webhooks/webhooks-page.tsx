"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus, Webhook } from "lucide-react";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { SettingsNav } from "../settings/settings-nav.tsx";
import { DeliveryRow } from "./delivery-row.tsx";
import { EndpointRow } from "./endpoint-row.tsx";
import type { Webhooks } from "./types.ts";
import { WebhookDialog } from "./webhook-dialog.tsx";

const freshMs = 5_000;

/** Who is told when a batch has ended, and whether it arrived. */
export function WebhooksPage() {
  const trpc = useTRPC();
  const { may } = useSession();
  const [adding, setAdding] = useState(false);
  const mayWrite = may("webhooks:write");
  const { data, error } = useQuery(
    trpc.webhooks.list.queryOptions(undefined, { enabled: may("webhooks:read"), refetchInterval: freshMs }),
  );
  const add = mayWrite ? (
    <Button kind="primary" onClick={() => setAdding(true)}>
      <Plus /> Add a webhook
    </Button>
  ) : null;
  return (
    <Page
      name="Settings"
      answer={answer(data)}
      note="A program is told when a batch has ended, so that it need not ask."
      actions={data && data.endpoints.length > 0 ? add : null}
    >
      <SettingsNav />
      {may("webhooks:read") ? null : (
        <Notice tone="warn" hint="Owners, admins and developers do; ask one of them.">
          Your role may not see webhooks.
        </Notice>
      )}
      {error ? (
        <Notice tone="bad" hint={problemOf(error).hint}>
          {problemOf(error).message}
        </Notice>
      ) : null}
      <Panel title="Webhooks" note="signed as Standard Webhooks has it" padded={false}>
        {data === undefined ? <Skeleton className="m-4 h-10" /> : null}
        {data?.endpoints.length === 0 ? (
          <EmptyState icon={Webhook} title="Nobody is told yet" action={add}>
            A webhook gets a signed message when a batch is completed, failed, cancelled or expired. OpenAI's packages
            check it with client.webhooks.unwrap. What does not arrive is sent again for about eleven hours.
          </EmptyState>
        ) : null}
        <ul aria-label="Webhooks">
          {data?.endpoints.map((endpoint) => (
            <EndpointRow key={endpoint.id} endpoint={endpoint} mayWrite={mayWrite} />
          ))}
        </ul>
      </Panel>
      {data && data.deliveries.length > 0 ? (
        <Panel title="Messages" note="the last 50" padded={false}>
          <ul aria-label="Messages">
            {data.deliveries.map((delivery) => (
              <DeliveryRow
                key={delivery.id}
                delivery={delivery}
                endpoint={data.endpoints.find(({ id }) => id === delivery.endpointId)}
                mayWrite={mayWrite}
              />
            ))}
          </ul>
        </Panel>
      ) : null}
      {adding && data ? <WebhookDialog events={data.events} onClose={() => setAdding(false)} /> : null}
    </Page>
  );
}

function answer(data: Webhooks | undefined): string {
  if (data === undefined) return "Who is told when a batch has ended?";
  const failed = data.deliveries.filter(({ state }) => state === "failed").length;
  if (failed > 0) return `${failed} ${failed === 1 ? "message was" : "messages were"} not delivered.`;
  const waiting = data.deliveries.filter(({ state }) => state === "pending").length;
  if (waiting > 0) return `${waiting} ${waiting === 1 ? "message is" : "messages are"} on the way.`;
  const on = data.endpoints.filter(({ enabled }) => enabled).length;
  if (on === 0) return "Nobody is told when a batch has ended.";
  return on === 1 ? "One address is told when a batch has ended." : `${on} addresses are told when a batch has ended.`;
}
