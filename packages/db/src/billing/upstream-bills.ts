import { type Db, inTransaction } from "../client.ts";

/** What an upstream's bill says of one model on one day (UTC). */
export interface BillLine {
  readonly day: Date;
  readonly model: string;
  readonly requests: number | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly amountMicroUsd: bigint;
}

/** A day and model on which an upstream's bill and our events differ, or that only one of them knows. */
export interface BillComparison {
  readonly upstream: string;
  /** `2026-11-23` */
  readonly day: string;
  readonly model: string;
  /** Null where only the other side knows it. */
  readonly billed: { readonly tokens: number; readonly amountMicroUsd: number } | null;
  readonly recorded: { readonly tokens: number; readonly requests: number } | null;
}

export interface UpstreamBills {
  /** Takes a bill; days and models that were imported before are replaced. */
  import(upstream: string, lines: readonly BillLine[]): Promise<number>;
  /** Every day and model of the bills that were imported, beside what was recorded. */
  compare(from: Date, to: Date): Promise<BillComparison[]>;
}

export function upstreamBillsOf(db: Db, organizationId: string): UpstreamBills {
  return {
    import: (upstream, lines) =>
      inTransaction(db, async (tx) => {
        const days = lines.map(({ day }) => day);
        await tx.upstreamBillLine.deleteMany({ where: { organizationId, upstream, day: { in: days } } });
        const { count } = await tx.upstreamBillLine.createMany({
          data: lines.map((line) => ({ organizationId, upstream, ...line })),
        });
        return count;
      }),

    async compare(from, to) {
      const rows = await db.$queryRaw<CompareRow[]>`
        WITH bills AS (
          SELECT upstream, day, model, (input_tokens + output_tokens) AS tokens, amount_micro_usd
            FROM upstream_bill_line
           WHERE organization_id = ${organizationId}::uuid AND day >= (${from} AT TIME ZONE 'UTC')::date
             AND day < (${to} AT TIME ZONE 'UTC')::date + 1
        ), known AS (SELECT DISTINCT upstream, day FROM bills
        ), events AS (
          SELECT split_part(target, '/', 1) AS upstream, date_trunc('day', hour, 'UTC')::timestamptz AT TIME ZONE 'UTC' AS at,
                 substr(target, strpos(target, '/') + 1) AS model, sum(input_tokens + output_tokens) AS tokens,
                 sum(requests) AS requests
            FROM usage_hour
           WHERE organization_id = ${organizationId}::uuid AND hour >= ${from} AND hour < ${to} AND target LIKE '%/%'
           GROUP BY 1, 2, 3
        ), ours AS (SELECT events.*, at::date AS day FROM events WHERE (upstream, at::date) IN (SELECT upstream, day FROM known))
        SELECT coalesce(b.upstream, o.upstream) AS upstream, to_char(coalesce(b.day, o.day), 'YYYY-MM-DD') AS day,
               coalesce(b.model, o.model) AS model, b.tokens::text AS billed, b.amount_micro_usd::text AS amount,
               o.tokens::text AS recorded, o.requests::text AS requests
          FROM bills b FULL JOIN ours o ON o.upstream = b.upstream AND o.day = b.day AND o.model = b.model
         ORDER BY 2 DESC, 1, 3`;
      return rows.map(({ amount, billed, day, model, recorded, requests, upstream }) => ({
        upstream,
        day,
        model,
        billed: billed === null ? null : { tokens: Number(billed), amountMicroUsd: Number(amount ?? 0) },
        recorded: recorded === null ? null : { tokens: Number(recorded), requests: Number(requests ?? 0) },
      }));
    },
  };
}

interface CompareRow {
  readonly upstream: string;
  readonly day: string;
  readonly model: string;
  readonly billed: string | null;
  readonly amount: string | null;
  readonly recorded: string | null;
  readonly requests: string | null;
}
