import type { OrganizationScope } from "@tugboat/db";
import { enqueueJob } from "../../jobs/enqueue.ts";
import { deliverWebhook } from "../../jobs/kinds/webhooks-deliver.ts";

/** What an organization can be told, by the names that OpenAI gives these events. */
export const webhookEvents = ["batch.completed", "batch.failed", "batch.cancelled", "batch.expired"] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

/**
 * Tells every endpoint that wants it that something has ended. In a transaction, the messages and the work that sends
 * them are there when it commits, and not at all when it doesn't; told again, it is no second message.
 */
export async function announce(
  scope: Pick<OrganizationScope, "webhooks" | "jobs">,
  event: WebhookEvent,
  subject: string,
  now: Date,
): Promise<void> {
  const eventId = `evt_${subject}_${event.split(".")[1]}`;
  const created_at = Math.floor(now.getTime() / 1000);
  const body = JSON.stringify({ id: eventId, object: "event", created_at, type: event, data: { id: subject } });
  for (const { id } of await scope.webhooks.announce({ eventId, event, body })) await sendWebhook(scope, id, "system");
}

/** Queues the sending of a message. A second job finds it sent: no key keeps it from being queued while the first one ends. */
export async function sendWebhook(scope: Pick<OrganizationScope, "jobs">, id: string, createdBy: string) {
  await enqueueJob(scope, deliverWebhook, { delivery: id }, { createdBy, subject: id });
}
