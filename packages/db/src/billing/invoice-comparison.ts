import type { Db } from "../client.ts";
import type { UsageRange } from "../usage/queries.ts";
import { agreementKinds } from "./agreement.ts";

/** A time that is billed: by one invoice, and by those that came after it for what came late. */
export interface InvoiceComparison {
  readonly numbers: readonly number[];
  readonly from: Date;
  readonly to: Date;
  readonly lines: number;
  /** By the lines of usage. */
  readonly requests: number;
  readonly amountPicoUsd: bigint;
  /** By the lines of what was agreed on for a month. */
  readonly agreedPicoUsd: bigint;
  /** By the sums that the invoices carry. */
  readonly statedPicoUsd: bigint;
  /** By the hourly sums. */
  readonly used: { readonly requests: number; readonly amountPicoUsd: bigint };
}

export async function compareInvoices(
  db: Db,
  organizationId: string,
  { from, to }: UsageRange,
): Promise<InvoiceComparison[]> {
  const rows = await db.$queryRaw<Row[]>`
    WITH billed AS (
      SELECT i.from, i.to, array_agg(i.number ORDER BY i.number) AS numbers, sum(l.lines) AS lines,
             sum(l.requests) AS requests, sum(l.amount) AS amount, sum(l.agreed) AS agreed, sum(i.amount_pico_usd) AS stated
        FROM invoice i CROSS JOIN LATERAL (
               SELECT count(*) AS lines, coalesce(sum(requests), 0) AS requests, coalesce(sum(amount_pico_usd) FILTER (WHERE kind <> ALL(${[...agreementKinds]}::text[])), 0) AS amount,
                      coalesce(sum(amount_pico_usd) FILTER (WHERE kind = ANY(${[...agreementKinds]}::text[])), 0) AS agreed
                 FROM invoice_line WHERE invoice_id = i.id) l
       WHERE i.organization_id = ${organizationId}::uuid AND i.kind = 'invoice' AND i.state IN ('final', 'paid')
         AND i.from >= ${from} AND i.to <= ${to}
       GROUP BY i.from, i.to
    )
    SELECT b.from, b.to, b.numbers, b.lines::text, b.requests::text, b.amount::text, b.agreed::text, b.stated::text,
           coalesce(u.requests, 0)::text AS used_requests, coalesce(u.amount, 0)::text AS used_amount
      FROM billed b CROSS JOIN LATERAL (
             SELECT sum(requests) AS requests, sum(amount_pico_usd) AS amount FROM usage_hour
              WHERE organization_id = ${organizationId}::uuid AND hour >= b.from AND hour < b.to) u
     ORDER BY b.from`;
  return rows.map((row) => ({
    numbers: row.numbers,
    from: row.from,
    to: row.to,
    lines: Number(row.lines),
    requests: Number(row.requests),
    amountPicoUsd: BigInt(row.amount),
    agreedPicoUsd: BigInt(row.agreed),
    statedPicoUsd: BigInt(row.stated),
    used: { requests: Number(row.used_requests), amountPicoUsd: BigInt(row.used_amount) },
  }));
}

interface Row {
  readonly numbers: number[];
  readonly from: Date;
  readonly to: Date;
  readonly lines: string;
  readonly requests: string;
  readonly amount: string;
  readonly agreed: string;
  readonly stated: string;
  readonly used_requests: string;
  readonly used_amount: string;
}
