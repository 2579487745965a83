import type { Db } from "../client.ts";
import { type ServingChange, servingChanges } from "./changes.ts";
import { sumsOf } from "./days.ts";
import type { UsageHour } from "./event.ts";
import { type HourRow, usageHour } from "./hours.ts";
import { type Reconciliation, reconcile } from "./reconcile.ts";

/** From inclusive, to exclusive. */
export interface UsageRange {
  readonly from: Date;
  readonly to: Date;
}

/** What was used of one model, one way, over a range. */
export interface UsageTokens
  extends Pick<
    UsageHour,
    "kind" | "model" | "target" | "inputTokens" | "cachedTokens" | "outputTokens" | "amountPicoUsd"
  > {
  /** The beginning of its day, UTC. */
  readonly day: Date;
}

export interface Usage {
  /** The sums of the hours that begin within the range. */
  hours(range: UsageRange): Promise<UsageHour[]>;
  /** The same, by whole days where daily sums are there: what ranges of many days are read from. */
  sums(range: UsageRange): Promise<UsageHour[]>;
  /** The hours of some models alone. */
  hoursOf(range: UsageRange, models: readonly string[]): Promise<UsageHour[]>;
  /** Changes of what answers, in their order. */
  changes(range: UsageRange): Promise<ServingChange[]>;
  /** Tokens and money alone, by day. */
  tokens(range: UsageRange): Promise<UsageTokens[]>;
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

    async hoursOf({ from, to }, models) {
      const rows = await db.$queryRaw<HourRow[]>`
        SELECT part::text, organization_id::text, hour, project_id::text, api_key_id::text, user_id::text, kind, model,
               target, requests::text, failed::text, aborted::text, input_tokens::text, cached_tokens::text,
               output_tokens::text, amount_pico_usd::text, ttft, itl, queue, duration
          FROM usage_hour
         WHERE organization_id = ${organizationId}::uuid AND hour >= ${from} AND hour < ${to}
           AND model = ANY(${[...models]}::text[])`;
      return rows.map(usageHour);
    },

    changes: (range) => servingChanges(db, organizationId, range),

    sums: (range) => sumsOf(db, organizationId, range),

    async tokens({ from, to }) {
      const rows = await db.$queryRaw<TokensRow[]>`
        SELECT date_trunc('day', hour, 'UTC') AS day, kind, model, target, sum(input_tokens)::text AS input,
               sum(cached_tokens)::text AS cached, sum(output_tokens)::text AS output, sum(amount_pico_usd)::text AS amount
          FROM usage_hour
         WHERE organization_id = ${organizationId}::uuid AND hour >= ${from} AND hour < ${to}
         GROUP BY 1, 2, 3, 4`;
      return rows.map(({ amount, cached, day, input, kind, model, output, target }) => ({
        ...{ day, kind, model, target, inputTokens: Number(input), cachedTokens: Number(cached) },
        ...{ outputTokens: Number(output), amountPicoUsd: BigInt(amount) },
      }));
    },

    reconcile: (range) => reconcile(db, organizationId, range),
  };
}

interface TokensRow {
  readonly day: Date;
  readonly kind: string;
  readonly model: string;
  readonly target: string;
  readonly input: string;
  readonly cached: string;
  readonly output: string;
  readonly amount: string;
}
