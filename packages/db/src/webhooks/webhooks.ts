import { type Db, inTransaction } from "../client.ts";
import { DatabaseError } from "../errors.ts";
import { isId } from "../id.ts";
import type { SealedSecret } from "../upstreams.ts";
import { checkVersion, nextVersion } from "../versions.ts";

export interface WebhookEndpointInfo {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly enabled: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const deliveryStates = ["pending", "sent", "failed"] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** One message to one endpoint. */
export interface WebhookDeliveryInfo {
  readonly id: string;
  readonly endpointId: string;
  /** The same to every endpoint and in every attempt. */
  readonly eventId: string;
  readonly event: string;
  /** Exactly as it is signed and sent. */
  readonly body: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** What it answered last. */
  readonly status: number | null;
  readonly error: string | null;
  readonly createdAt: Date;
  readonly sentAt: Date | null;
}

/** A message with where it goes. */
export interface WebhookMessage extends WebhookDeliveryInfo {
  readonly url: string;
  readonly enabled: boolean;
  readonly secret: SealedSecret | null;
}

export interface DeliveryAttempt {
  readonly state: DeliveryState;
  readonly status: number | null;
  readonly error: string | null;
}

/** Where an organization is told of what has ended, and what it was told. */
export interface Webhooks {
  endpoints(): Promise<WebhookEndpointInfo[]>;
  /** @param seal seals the endpoint's secret, once its id is known */
  add(
    endpoint: Pick<WebhookEndpointInfo, "url" | "events">,
    seal: (id: string) => SealedSecret,
  ): Promise<WebhookEndpointInfo>;
  /** @throws DatabaseError `not-found`, `conflict` */
  update(
    id: string,
    change: Partial<Pick<WebhookEndpointInfo, "enabled" | "events">>,
    seen: Date,
  ): Promise<WebhookEndpointInfo>;
  /** @throws DatabaseError `not-found` */
  remove(id: string): Promise<WebhookEndpointInfo>;
  /** Makes a message for every endpoint that is on and wants this event. @returns what is to be sent */
  announce(message: Pick<WebhookDeliveryInfo, "eventId" | "event" | "body">): Promise<WebhookDeliveryInfo[]>;
  /** The newest first. */
  deliveries(limit: number): Promise<WebhookDeliveryInfo[]>;
  /** @returns null where it, or its endpoint, is gone */
  message(id: string): Promise<WebhookMessage | null>;
  /** Counts an attempt and keeps how it went. */
  attempted(id: string, attempt: DeliveryAttempt): Promise<void>;
  /** Makes a message as it was before its first attempt. @throws DatabaseError `not-found` */
  again(id: string): Promise<WebhookDeliveryInfo>;
}

const ENDPOINT = { id: true, url: true, events: true, enabled: true, createdAt: true, updatedAt: true } as const;
const OMIT = { organizationId: true } as const;

export function webhooksOf(db: Db, organizationId: string): Webhooks {
  const find = async (client: Db, id: string) => {
    const where = { id, organizationId };
    const row = isId(id) ? await client.webhookEndpoint.findFirst({ where, select: ENDPOINT }) : null;
    if (row === null) throw new DatabaseError("not-found", `There is no webhook ${id}.`);
    return row;
  };
  return {
    endpoints: () =>
      db.webhookEndpoint.findMany({ where: { organizationId }, orderBy: { id: "asc" }, select: ENDPOINT }),

    add: ({ events, url }, seal) =>
      inTransaction(db, async (tx) => {
        const data = { organizationId, url, events: [...events] };
        const { id } = await tx.webhookEndpoint.create({ data, select: { id: true } });
        const { keyId, sealed } = seal(id);
        const secret = { secret: new Uint8Array(sealed), secretKeyId: keyId };
        return tx.webhookEndpoint.update({ where: { id }, data: secret, select: ENDPOINT });
      }),

    update: (id, { enabled, events }, seen) =>
      inTransaction(db, async (tx) => {
        const row = await find(tx, id);
        checkVersion(row, seen, "The webhook", id);
        const data = { enabled: enabled ?? row.enabled, events: [...(events ?? row.events)] };
        return tx.webhookEndpoint.update({
          where: { id },
          data: { ...data, updatedAt: nextVersion(row) },
          select: ENDPOINT,
        });
      }),

    async remove(id) {
      const row = await find(db, id);
      await db.webhookEndpoint.delete({ where: { id } });
      return row;
    },

    async announce({ body, event, eventId }) {
      const where = { organizationId, enabled: true, events: { has: event } };
      const endpoints = await db.webhookEndpoint.findMany({ where, select: { id: true } });
      const data = endpoints.map(({ id }) => ({
        ...{ organizationId, endpointId: id, eventId, event, body, state: "pending" },
      }));
      const made = await db.webhookDelivery.createManyAndReturn({ data, skipDuplicates: true, omit: OMIT });
      return made.map(delivery);
    },

    async deliveries(limit) {
      const rows = await db.webhookDelivery.findMany({
        where: { organizationId },
        orderBy: { id: "desc" },
        take: limit,
        omit: OMIT,
      });
      return rows.map(delivery);
    },

    async message(id) {
      const row = isId(id)
        ? await db.webhookDelivery.findFirst({ where: { id, organizationId }, include: { endpoint: true }, omit: OMIT })
        : null;
      if (row === null) return null;
      const { endpoint, ...rest } = row;
      const { enabled, secret, secretKeyId: keyId, url } = endpoint;
      const sealed = secret && keyId ? { sealed: secret, keyId } : null;
      return { ...delivery(rest), url, enabled, secret: sealed };
    },

    async attempted(id, { error, state, status }) {
      const sentAt = state === "sent" ? new Date() : null;
      await db.webhookDelivery.updateMany({
        where: { id, organizationId },
        data: { state, status, error: error?.slice(0, 500) ?? null, sentAt, attempts: { increment: 1 } },
      });
    },

    async again(id) {
      const where = { id, organizationId };
      const data = { state: "pending", attempts: 0, status: null, error: null, sentAt: null };
      const [row] = isId(id) ? await db.webhookDelivery.updateManyAndReturn({ where, data, omit: OMIT }) : [];
      if (row === undefined) throw new DatabaseError("not-found", `There is no message ${id}.`);
      return delivery(row);
    },
  };
}

function delivery<T extends { readonly state: string }>(row: T): Omit<T, "state"> & { readonly state: DeliveryState } {
  return { ...row, state: deliveryStates.find((one) => one === row.state) ?? "failed" };
}
