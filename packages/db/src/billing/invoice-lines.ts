import type { Db } from "../client.ts";
import { DatabaseError } from "../errors.ts";
import { agreementKinds, agreementLines } from "./agreement.ts";
import type { InvoiceLine } from "./invoice.ts";

interface LineRow {
  readonly kind: string;
  readonly model: string;
  readonly target: string;
  readonly requests: string;
  readonly input: string;
  readonly cached: string;
  readonly output: string;
  readonly amount: string;
}

/** What a time is billed by: its usage, and what was agreed on for its month. */
export async function linesFor(tx: Db, organizationId: string, from: Date, to: Date): Promise<InvoiceLine[]> {
  const used = await unbilled(tx, organizationId, from, to);
  return [...used, ...(await agreementLines(tx, organizationId, from, to))];
}

/** The usage of a time by kind and model, from the hourly sums, less what final invoices over this time have. */
async function unbilled(tx: Db, organizationId: string, from: Date, to: Date): Promise<InvoiceLine[]> {
  const rows = await tx.$queryRaw<LineRow[]>`
    WITH used AS (
      SELECT kind, model, target, requests, input_tokens, cached_tokens, output_tokens, amount_pico_usd
        FROM usage_hour WHERE organization_id = ${organizationId}::uuid AND hour >= ${from} AND hour < ${to}
      UNION ALL
      SELECT l.kind, l.model, l.target, -l.requests, -l.input_tokens, -l.cached_tokens, -l.output_tokens, -l.amount_pico_usd
        FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id
       WHERE i.organization_id = ${organizationId}::uuid AND i.kind = 'invoice' AND i.state IN ('final', 'paid')
         AND i.from = ${from} AND i.to = ${to} AND l.kind <> ALL(${[...agreementKinds]}::text[])
    )
    SELECT kind, model, target, sum(requests)::text AS requests, sum(input_tokens)::text AS input,
           sum(cached_tokens)::text AS cached, sum(output_tokens)::text AS output, sum(amount_pico_usd)::text AS amount
      FROM used GROUP BY kind, model, target HAVING sum(requests) <> 0 OR sum(amount_pico_usd) <> 0
     ORDER BY sum(amount_pico_usd) DESC, model, target, kind`;
  return rows.map(({ amount, cached, input, kind, model, output, requests, target }) => ({
    text: target === model ? `${model}, ${kind}` : `${model}, ${kind}, served by ${target}`,
    ...{ kind, model, target, requests: Number(requests), inputTokens: Number(input) },
    ...{ cachedTokens: Number(cached), outputTokens: Number(output), amountPicoUsd: BigInt(amount) },
  }));
}

/** A bill is made of sums: it is only told when they are what the events come to. */
export async function checkReconciled(tx: Db, organizationId: string, from: Date, to: Date): Promise<void> {
  const [row] = await tx.$queryRaw<{ same: boolean }[]>`
    SELECT (SELECT (count(*), coalesce(sum(amount_pico_usd), 0)) FROM usage_event
             WHERE organization_id = ${organizationId}::uuid AND at >= ${from} AND at < ${to})
         = (SELECT (coalesce(sum(requests), 0)::bigint, coalesce(sum(amount_pico_usd), 0)) FROM usage_hour
             WHERE organization_id = ${organizationId}::uuid AND hour >= ${from} AND hour < ${to}) AS same`;
  if (row?.same !== true) {
    throw new DatabaseError("conflict", "The events of this time and their sums do not agree.", {
      hint: "Look at the reconciliation: it names the hours.",
    });
  }
}

export async function writeLines(tx: Db, invoiceId: string, lines: readonly InvoiceLine[]): Promise<void> {
  await tx.invoiceLine.createMany({
    data: lines.map((line, position) => ({ invoiceId, position, ...line, amountPicoUsd: String(line.amountPicoUsd) })),
  });
}

export async function linesOf(db: Db, invoiceId: string): Promise<InvoiceLine[]> {
  const rows = await db.invoiceLine.findMany({ where: { invoiceId }, orderBy: { position: "asc" } });
  return rows.map(({ invoiceId: _, position: __, ...row }) => ({
    ...row,
    requests: Number(row.requests),
    inputTokens: Number(row.inputTokens),
    cachedTokens: Number(row.cachedTokens),
    outputTokens: Number(row.outputTokens),
    amountPicoUsd: BigInt(row.amountPicoUsd.toFixed()),
  }));
}
