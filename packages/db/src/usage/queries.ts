import type { Db } from "../client.ts";
import type { UsageHour } from "./event.ts";
import { type HourRow, usageHour } from "./hours.ts";

/** From inclusive, to exclusive. */
export interface UsageRange {
  readonly from: Date;
  readonly to: Date;
}

/** An hour in which not everything agrees. */
export interface ReconciliationDifference {
  readonly hour: Date;
  readonly requests: number;
  readonly events: number;
  readonly rollups: number;
  /** Events less rollups. */
  readonly tokens: number;
  readonly amountPicoUsd: bigint;
}

export interface Reconciliation {
  readonly requests: number;
  readonly events: number;
  readonly rollups: number;
  readonly differences: readonly ReconciliationDifference[];
}

export interface Usage {
  /** The sums of the hours that begin within the range. */
  hours(range: UsageRange): Promise<UsageHour[]>;
  /** Compares what finished with what was recorded and with what was summed up, hour by hour. */
  reconcile(range: UsageRange): Promise<Reconciliation>;
}

export function usageOf(db: Db, organizationId: string): Usage {
  return {
    async hours({ from, to }) {
      const rows = await db.$queryRaw<HourRow[]>`
        SELECT part::text, organization_id::text, hour, project_id::text, api_key_id::text, user_id::text, kind, model,
               target, requests::text, failed::text, aborted::text, input_tokens::text, cached_tokens::text,
               output_tokens::text, amount_pico_usd::text, ttft, itl, queue, duration
          FROM usage_hour
         WHERE organization_id = ${organizationId}::uuid AND hour >= ${from} AND hour < ${to}`;
      return rows.map(usageHour);
    },

    async reconcile({ from, to }) {
      const rows = await db.$queryRaw<ReconcileRow[]>`
        WITH events AS (
          SELECT date_trunc('hour', at, 'UTC') AS hour, count(*) AS events, sum(input_tokens + output_tokens) AS tokens,
                 sum(amount_pico_usd) AS amount
            FROM usage_event WHERE organization_id = ${organizationId}::uuid AND at >= ${from} AND at < ${to} GROUP BY 1
        ), sums AS (
          SELECT hour, sum(requests) AS rollups, sum(input_tokens + output_tokens) AS tokens, sum(amount_pico_usd) AS amount
            FROM usage_hour WHERE organization_id = ${organizationId}::uuid AND hour >= ${from} AND hour < ${to} GROUP BY 1
        ), tallies AS (
          SELECT hour, requests FROM request_tally
           WHERE organization_id = ${organizationId}::uuid AND hour >= ${from} AND hour < ${to}
        )
        SELECT hour, coalesce(requests, 0)::text AS requests, coalesce(events, 0)::text AS events,
               coalesce(rollups, 0)::text AS rollups,
               (coalesce(events.tokens, 0) - coalesce(sums.tokens, 0))::text AS tokens,
               (coalesce(events.amount, 0) - coalesce(sums.amount, 0))::text AS amount
          FROM events FULL JOIN sums USING (hour) FULL JOIN tallies USING (hour) ORDER BY hour`;
      const hours = rows.map((row) => ({
        hour: row.hour,
        requests: Number(row.requests),
        events: Number(row.events),
        rollups: Number(row.rollups),
        tokens: Number(row.tokens),
        amountPicoUsd: BigInt(row.amount),
      }));
      const sum = (of: (hour: ReconciliationDifference) => number) => hours.reduce((total, one) => total + of(one), 0);
      return {
        requests: sum(({ requests }) => requests),
        events: sum(({ events }) => events),
        rollups: sum(({ rollups }) => rollups),
        differences: hours.filter(
          ({ requests, events, rollups, tokens, amountPicoUsd }) =>
            requests !== events || events !== rollups || tokens !== 0 || amountPicoUsd !== 0n,
        ),
      };
    },
  };
}

interface ReconcileRow {
  readonly hour: Date;
  readonly requests: string;
  readonly events: string;
  readonly rollups: string;
  readonly tokens: string;
  readonly amount: string;
}
