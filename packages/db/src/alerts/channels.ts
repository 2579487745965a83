import { type Db, inTransaction } from "../client.ts";
import { DatabaseError } from "../errors.ts";
import { isId } from "../id.ts";
import type { SealedSecret } from "../upstreams.ts";
import { checkVersion, nextVersion } from "../versions.ts";

export const channelKinds = ["webhook", "slack", "mail"] as const;
export type ChannelKind = (typeof channelKinds)[number];

export interface AlertChannelInfo {
  readonly id: string;
  readonly name: string;
  readonly kind: ChannelKind;
  readonly address: string;
  readonly enabled: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface AlertInfo {
  readonly id: string;
  readonly key: string;
  /** budget, objective or anomaly. */
  readonly kind: string;
  readonly title: string;
  readonly text: string;
  readonly facts: unknown;
  readonly createdAt: Date;
  readonly deliveries: readonly {
    readonly channelId: string;
    readonly state: string;
    readonly attempts: number;
    readonly error: string | null;
  }[];
}

export type NewAlert = Pick<AlertInfo, "key" | "kind" | "title" | "text"> & { readonly facts: object };

/** Where an organization is told, and what it was told. */
export interface Alerts {
  channels(): Promise<AlertChannelInfo[]>;
  /** @param seal seals the channel's secret, once its id is known; undefined where there is none */
  addChannel(
    channel: Pick<AlertChannelInfo, "name" | "kind" | "address">,
    seal: ((id: string) => SealedSecret) | undefined,
  ): Promise<AlertChannelInfo>;
  /** @throws DatabaseError `not-found`, `conflict` */
  switchChannel(id: string, enabled: boolean, seen: Date): Promise<AlertChannelInfo>;
  /** @throws DatabaseError `not-found` */
  removeChannel(id: string): Promise<AlertChannelInfo>;
  /** The newest first. */
  list(limit: number): Promise<AlertInfo[]>;
  /**
   * Tells something to every channel that is on, or to one. @returns null where it was told before
   */
  raise(alert: NewAlert, onlyTo?: string): Promise<string | null>;
}

const FIELDS = {
  id: true,
  name: true,
  kind: true,
  address: true,
  enabled: true,
  createdAt: true,
  updatedAt: true,
} as const;

export function alertsOf(db: Db, organizationId: string): Alerts {
  const find = async (client: Db, id: string) => {
    const row = isId(id)
      ? await client.alertChannel.findFirst({ where: { id, organizationId }, select: FIELDS })
      : null;
    if (row === null) throw new DatabaseError("not-found", `There is no channel ${id}.`);
    return row;
  };
  return {
    async channels() {
      const rows = await db.alertChannel.findMany({
        where: { organizationId },
        orderBy: { id: "asc" },
        select: FIELDS,
      });
      return rows.map(channelInfo);
    },

    addChannel: (channel, seal) =>
      inTransaction(db, async (tx) => {
        const row = await tx.alertChannel.create({ data: { organizationId, ...channel }, select: FIELDS });
        if (seal === undefined) return channelInfo(row);
        const { keyId, sealed } = seal(row.id);
        const data = { secret: new Uint8Array(sealed), secretKeyId: keyId };
        return channelInfo(await tx.alertChannel.update({ where: { id: row.id }, data, select: FIELDS }));
      }),

    switchChannel: (id, enabled, seen) =>
      inTransaction(db, async (tx) => {
        const row = await find(tx, id);
        checkVersion(row, seen, "The channel", id);
        const data = { enabled, updatedAt: nextVersion(row) };
        return channelInfo(await tx.alertChannel.update({ where: { id }, data, select: FIELDS }));
      }),

    async removeChannel(id) {
      const row = await find(db, id);
      await db.alertChannel.delete({ where: { id } });
      return channelInfo(row);
    },

    async list(limit) {
      const rows = await db.alert.findMany({
        where: { organizationId },
        orderBy: { id: "desc" },
        take: limit,
        include: { deliveries: { select: { channelId: true, state: true, attempts: true, error: true } } },
      });
      return rows.map(({ organizationId: _, ...row }) => row);
    },

    raise: (alert, onlyTo) =>
      inTransaction(db, async (tx) => {
        const facts = JSON.parse(JSON.stringify(alert.facts));
        const made = await tx.alert.createManyAndReturn({
          data: [{ organizationId, ...alert, facts }],
          skipDuplicates: true,
          select: { id: true },
        });
        const [one] = made;
        if (one === undefined) return null;
        const channels = await tx.alertChannel.findMany({
          where: { organizationId, ...(onlyTo === undefined ? { enabled: true } : { id: onlyTo }) },
          select: { id: true },
        });
        const data = channels.map(({ id }) => ({ alertId: one.id, channelId: id, state: "pending" }));
        await tx.alertDelivery.createMany({ data });
        return one.id;
      }),
  };
}

function channelInfo<T extends { readonly kind: string }>(row: T) {
  return { ...row, kind: channelKinds.find((kind) => kind === row.kind) ?? "webhook" };
}
