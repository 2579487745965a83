import type { Pool } from "pg";
import type { SealedSecret } from "../upstreams.ts";

/** An alert that is to be sent now, with where to. */
export interface DueDelivery {
  readonly alertId: string;
  readonly channelId: string;
  readonly organizationId: string;
  readonly organization: string;
  /** This attempt's number, from 1. */
  readonly attempt: number;
  readonly channel: { readonly kind: string; readonly address: string; readonly secret: SealedSecret | null };
  readonly alert: {
    readonly kind: string;
    readonly title: string;
    readonly text: string;
    readonly facts: unknown;
    readonly createdAt: Date;
  };
}

/** What the process that sends alerts works with, over all organizations. */
export interface AlertOutbox {
  organizations(): Promise<string[]>;
  /** Takes what is due; nobody else gets it for as long as an attempt may take. */
  claim(limit: number): Promise<DueDelivery[]>;
  sent(delivery: Pick<DueDelivery, "alertId" | "channelId">): Promise<void>;
  /** @param again when it is tried again; undefined: it is given up */
  failed(delivery: Pick<DueDelivery, "alertId" | "channelId">, why: string, again: Date | undefined): Promise<void>;
}

export function alertOutbox(pool: Pool): AlertOutbox {
  return {
    async organizations() {
      return (await pool.query<{ id: string }>("SELECT id FROM organization")).rows.map(({ id }) => id);
    },

    async claim(limit) {
      const { rows } = await pool.query<DueRow>(
        `WITH due AS (
           SELECT alert_id, channel_id FROM alert_delivery WHERE state = 'pending' AND next_at <= now()
            ORDER BY next_at LIMIT $1 FOR UPDATE SKIP LOCKED
         ), taken AS (
           UPDATE alert_delivery d SET attempts = d.attempts + 1, next_at = now() + interval '1 minute' FROM due
            WHERE d.alert_id = due.alert_id AND d.channel_id = due.channel_id RETURNING d.*
         )
         SELECT t.alert_id, t.channel_id, t.attempts, c.kind AS channel_kind, c.address, c.secret, c.secret_key_id,
                a.organization_id, o.name AS organization, a.kind, a.title, a.text, a.facts, a.created_at
           FROM taken t JOIN alert a ON a.id = t.alert_id JOIN alert_channel c ON c.id = t.channel_id
           JOIN organization o ON o.id = a.organization_id`,
        [limit],
      );
      return rows.map((row) => ({
        alertId: row.alert_id,
        channelId: row.channel_id,
        organizationId: row.organization_id,
        organization: row.organization,
        attempt: row.attempts,
        channel: {
          kind: row.channel_kind,
          address: row.address,
          secret: row.secret && row.secret_key_id ? { sealed: row.secret, keyId: row.secret_key_id } : null,
        },
        alert: { kind: row.kind, title: row.title, text: row.text, facts: row.facts, createdAt: row.created_at },
      }));
    },

    async sent({ alertId, channelId }) {
      await pool.query(
        `UPDATE alert_delivery SET state = 'sent', sent_at = now(), error = NULL WHERE alert_id = $1 AND channel_id = $2`,
        [alertId, channelId],
      );
    },

    async failed({ alertId, channelId }, why, again) {
      await pool.query(
        `UPDATE alert_delivery SET state = $3, next_at = coalesce($4, next_at), error = $5
          WHERE alert_id = $1 AND channel_id = $2`,
        [alertId, channelId, again === undefined ? "failed" : "pending", again ?? null, why.slice(0, 500)],
      );
    },
  };
}

interface DueRow {
  readonly alert_id: string;
  readonly channel_id: string;
  readonly attempts: number;
  readonly channel_kind: string;
  readonly address: string;
  readonly secret: Buffer | null;
  readonly secret_key_id: string | null;
  readonly organization_id: string;
  readonly organization: string;
  readonly kind: string;
  readonly title: string;
  readonly text: string;
  readonly facts: unknown;
  readonly created_at: Date;
}
