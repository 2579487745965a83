import { z } from "zod";
import type { Db } from "../client.ts";
import { settingsOf } from "../settings.ts";
import type { InvoiceLine } from "./invoice.ts";

const microUsd = z.int("A whole number.").min(0, "Not below nothing.").max(1_000_000_000_000_000);

/**
 * What an organization agreed on for its months, beyond what each request costs: applied to invoices over whole calendar
 * months (UTC), in this order: allowance, discounts, minimum, credits.
 */
export const Agreement = z
  .object({
    /** Of each month's usage, what is free. */
    allowanceMicroUsd: microUsd,
    /** A discount on what of a month lies beyond an amount, up to where the next begins. In hundredths of a percent. */
    tiers: z.array(z.object({ aboveMicroUsd: microUsd, discountBasisPoints: z.int().min(0).max(10_000) })).max(20),
    /** What a month costs at least. */
    minimumMicroUsd: microUsd,
    /** Given once; used up month by month. */
    credits: z.array(z.object({ microUsd, reason: z.string().trim().min(1).max(200) })).max(200),
  })
  .superRefine(({ tiers }, context) => {
    tiers.forEach(({ aboveMicroUsd }, index) => {
      const before = tiers[index - 1];
      if (before === undefined || aboveMicroUsd > before.aboveMicroUsd) return;
      const message = "Tiers begin one after another: this one overlaps the one before it.";
      context.addIssue({ code: "custom", path: ["tiers", index, "aboveMicroUsd"], message });
    });
  });
export type Agreement = z.output<typeof Agreement>;

/** A calendar month, UTC: `2026-11`. */
export const Month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, "A month: 2026-11.");

/** What is agreed on from a month on, until another begins; null ends what was agreed on. The earliest first. */
export const AgreementVersions = z.array(z.object({ from: Month, agreement: Agreement.nullable() }));
export type AgreementVersions = z.output<typeof AgreementVersions>;

/** The key of the setting that holds them. */
export const agreementSetting = "billing.agreements";

/** What holds in a month. */
export function agreementIn(versions: AgreementVersions, month: string): Agreement | undefined {
  return versions.findLast(({ from }) => from <= month)?.agreement ?? undefined;
}

export const agreementKinds = ["allowance", "discount", "minimum", "credit-used"] as const;
export type AgreementKind = (typeof agreementKinds)[number];

const texts: Readonly<Record<AgreementKind, string>> = {
  allowance: "Free allowance of the month",
  discount: "Discount by volume",
  minimum: "Up to the minimum of the month",
  "credit-used": "Credits",
};

const pico = (micro: number) => BigInt(micro) * 1_000_000n;

/**
 * What an agreement makes of a month's usage, in pico-dollars: what is taken off is negative. The discount is rounded half
 * up to a pico-dollar, once.
 * @param usage the month's, not negative
 * @param credits what is left of them
 */
export function agreementAmounts(
  usage: bigint,
  agreement: Agreement,
  credits: bigint,
): Readonly<Record<AgreementKind, bigint>> {
  const free = smaller(usage, pico(agreement.allowanceMicroUsd));
  const charged = usage - free;
  let discount = 0n;
  agreement.tiers.forEach(({ aboveMicroUsd, discountBasisPoints }, index) => {
    const next = agreement.tiers[index + 1];
    const end = next === undefined ? charged : smaller(charged, pico(next.aboveMicroUsd));
    const begin = pico(aboveMicroUsd);
    if (end > begin) discount += (end - begin) * BigInt(discountBasisPoints);
  });
  discount = (2n * discount + 10_000n) / 20_000n;
  const net = charged - discount;
  const least = pico(agreement.minimumMicroUsd);
  const more = net < least ? least - net : 0n;
  const used = smaller(net + more, credits);
  return { allowance: -free, discount: -discount, minimum: more, "credit-used": -used };
}

/** The lines that an agreement adds to an invoice over a time, less what earlier invoices over the same time have of them. */
export async function agreementLines(db: Db, organizationId: string, from: Date, to: Date): Promise<InvoiceLine[]> {
  if (!isWholeMonth(from, to)) return [];
  const versions = await settingsOf(db, organizationId).get(agreementSetting, AgreementVersions);
  const agreement = agreementIn(versions ?? [], from.toISOString().slice(0, 7));
  if (agreement === undefined) return [];
  const [used] = await db.$queryRaw<{ amount: string }[]>`
    SELECT coalesce(sum(amount_pico_usd), 0)::text AS amount FROM usage_hour
     WHERE organization_id = ${organizationId}::uuid AND hour >= ${from} AND hour < ${to}`;
  const billed = await db.$queryRaw<{ kind: string; here: boolean; amount: string }[]>`
    SELECT l.kind, i.from = ${from} AND i.to = ${to} AS here, sum(l.amount_pico_usd)::text AS amount
      FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id
     WHERE i.organization_id = ${organizationId}::uuid AND i.kind = 'invoice' AND i.state IN ('final', 'paid')
       AND l.kind = ANY(${[...agreementKinds]}::text[])
     GROUP BY 1, 2`;
  const given = agreement.credits.reduce((sum, { microUsd }) => sum + pico(microUsd), 0n);
  const elsewhere = billed
    .filter(({ here, kind }) => !here && kind === "credit-used")
    .reduce((sum, { amount }) => sum - BigInt(amount), 0n);
  const left = given > elsewhere ? given - elsewhere : 0n;
  const amounts = agreementAmounts(BigInt(used?.amount ?? 0), agreement, left);
  return agreementKinds.flatMap((kind) => {
    const before = billed.find((one) => one.here && one.kind === kind);
    const amountPicoUsd = amounts[kind] - BigInt(before?.amount ?? 0);
    if (amountPicoUsd === 0n) return [];
    return [
      {
        ...{ text: texts[kind], kind, model: "", target: "", requests: 0 },
        ...{ inputTokens: 0, cachedTokens: 0, outputTokens: 0, amountPicoUsd },
      },
    ];
  });
}

/** Whether a time is one calendar month (UTC), no more and no less: what is agreed on for months applies to these. */
export function isWholeMonth(from: Date, to: Date): boolean {
  const begin = Date.UTC(from.getUTCFullYear(), from.getUTCMonth(), 1);
  const end = Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1);
  return from.getTime() === begin && to.getTime() === end;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
