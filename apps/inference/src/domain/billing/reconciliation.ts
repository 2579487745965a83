import type { InvoiceComparison, OrganizationScope, UsageRange } from "@tugboat/db";
import { exactDollars } from "./invoice-document.ts";

export const differenceKinds = ["hour", "day", "invoice", "upstream"] as const;

/** Something that two records of the same usage do not agree on. */
export interface Difference {
  readonly kind: (typeof differenceKinds)[number];
  /** The hour, the day, the invoices, or upstream, day and model. */
  readonly where: string;
  /** When what it is about begins. */
  readonly at: Date;
  /** What each of the two says, as a sentence. */
  readonly says: string;
  /** What the earlier record of the chain has more than the later one: requests, tokens, pico-dollars. */
  readonly requests: number;
  readonly tokens: number;
  readonly amountPicoUsd: bigint;
}

/** One record of the chain over the whole range; null where it knows no such figure. */
export interface Stage {
  readonly requests: number | null;
  readonly tokens: number | null;
  readonly amountPicoUsd: bigint | null;
}

export interface ReconciliationReport {
  readonly stages: {
    /** Finished requests, counted apart from their events. */
    readonly requests: Stage;
    readonly events: Stage;
    readonly rollups: Stage;
    /** Of the times that final invoices bill. */
    readonly invoiced: Stage;
  };
  readonly days: number;
  readonly invoiceLines: number;
  readonly billLines: number;
  readonly differences: readonly Difference[];
}

/**
 * Follows usage through every record of it: finished requests, events, hourly sums, daily sums, invoice lines, and the
 * bills of upstreams. What two of them do not agree on is listed, none left out.
 */
export async function reconciliation(
  scope: Pick<OrganizationScope, "usage" | "invoices" | "upstreamBills">,
  range: UsageRange,
): Promise<ReconciliationReport> {
  const { dayDifferences, days, differences, events, ofEvents, ofRollups, requests, rollups } =
    await scope.usage.reconcile(range);
  const invoices = await scope.invoices.compare(range);
  const bills = await scope.upstreamBills.compare(range.from, range.to);
  return {
    stages: {
      requests: { requests, tokens: null, amountPicoUsd: null },
      events: { requests: events, ...ofEvents },
      rollups: { requests: rollups, ...ofRollups },
      invoiced: {
        requests: invoices.reduce((sum, one) => sum + one.requests, 0),
        tokens: null,
        amountPicoUsd: invoices.reduce((sum, one) => sum + one.amountPicoUsd, 0n),
      },
    },
    days,
    invoiceLines: invoices.reduce((sum, { lines }) => sum + lines, 0),
    billLines: bills.length,
    differences: [
      ...differences.map(
        (one): Difference => ({
          kind: "hour",
          where: minute(one.hour),
          at: one.hour,
          says: `${one.requests} finished, ${one.events} recorded, ${one.rollups} summed up`,
          requests: one.requests === one.events ? one.events - one.rollups : one.requests - one.events,
          tokens: one.tokens,
          amountPicoUsd: one.amountPicoUsd,
        }),
      ),
      ...dayDifferences.map(
        (one): Difference => ({
          kind: "day",
          where: day(one.day),
          at: one.day,
          says: `${one.hours} requests by the hours, ${one.days} by the daily sums`,
          requests: one.hours - one.days,
          tokens: one.tokens,
          amountPicoUsd: one.amountPicoUsd,
        }),
      ),
      ...invoices.flatMap(invoiceDifferences),
      ...bills.flatMap(({ billed, day: on, model, recorded, upstream }): Difference[] => {
        if (billed !== null && recorded !== null && billed.tokens === recorded.tokens) return [];
        const ours = recorded === null ? "nothing recorded" : `${recorded.tokens} tokens recorded`;
        return [
          {
            kind: "upstream",
            where: `${upstream}/${model}, ${on}`,
            at: new Date(`${on}T00:00:00Z`),
            says: `${ours}, ${billed === null ? "nothing billed" : `${billed.tokens} tokens billed`}`,
            requests: 0,
            tokens: (recorded?.tokens ?? 0) - (billed?.tokens ?? 0),
            amountPicoUsd: 0n,
          },
        ];
      }),
    ],
  };
}

function invoiceDifferences(one: InvoiceComparison): Difference[] {
  const where = `${one.numbers.length === 1 ? "Invoice" : "Invoices"} ${one.numbers.join(", ")}`;
  const found: Difference[] = [];
  if (one.used.requests !== one.requests || one.used.amountPicoUsd !== one.amountPicoUsd) {
    found.push({
      kind: "invoice",
      where,
      at: one.from,
      says: `${one.used.requests} requests for ${exactDollars(one.used.amountPicoUsd)} $ summed up from ${day(one.from)} on, ${one.requests} for ${exactDollars(one.amountPicoUsd)} $ on its lines`,
      requests: one.used.requests - one.requests,
      tokens: 0,
      amountPicoUsd: one.used.amountPicoUsd - one.amountPicoUsd,
    });
  }
  const lines = one.amountPicoUsd + one.agreedPicoUsd;
  if (one.statedPicoUsd !== lines) {
    found.push({
      kind: "invoice",
      where,
      at: one.from,
      says: `its lines come to ${exactDollars(lines)} $, its sum says ${exactDollars(one.statedPicoUsd)} $`,
      requests: 0,
      tokens: 0,
      amountPicoUsd: lines - one.statedPicoUsd,
    });
  }
  return found;
}

function minute(at: Date): string {
  return at.toISOString().slice(0, 16).replace("T", " ");
}

function day(at: Date): string {
  return at.toISOString().slice(0, 10);
}
