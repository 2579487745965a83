import {
  type Agreement,
  AgreementVersions,
  agreementAmounts,
  agreementKinds,
  agreementSetting,
  DatabaseError,
  isWholeMonth,
  type OrganizationScope,
} from "@tugboat/db";
import { invoiceName } from "./invoice-document.ts";

type Scope = Pick<OrganizationScope, "settings" | "invoices" | "usage">;

/** The calendar month of a moment, UTC: `2026-11`. */
export function monthOf(at: Date): string {
  return at.toISOString().slice(0, 7);
}

export async function agreementsOf({ settings }: Pick<Scope, "settings">): Promise<AgreementVersions> {
  return (await settings.get(agreementSetting, AgreementVersions)) ?? [];
}

/**
 * Sets what holds from a month on; null ends what was agreed on.
 * @throws DatabaseError `conflict` where that month, or a later one, is billed: what is billed stays as it was agreed on
 */
export async function agreeFrom(scope: Scope, from: string, agreement: Agreement | null): Promise<AgreementVersions> {
  const billed = (await scope.invoices.list()).find(
    (one) =>
      one.kind === "invoice" &&
      (one.state === "final" || one.state === "paid") &&
      isWholeMonth(one.from, one.to) &&
      monthOf(one.from) >= from,
  );
  if (billed !== undefined) {
    const message = `${invoiceName(billed)} bills ${monthOf(billed.from)} already: what is billed stays as it was agreed on.`;
    throw new DatabaseError("conflict", message, { hint: "Let it begin with a later month." });
  }
  const before = await agreementsOf(scope);
  const versions = [...before.filter((one) => one.from !== from), { from, agreement }].sort((a, b) =>
    a.from.localeCompare(b.from),
  );
  await scope.settings.set(agreementSetting, versions);
  return versions;
}

/** What a month comes to under an agreement, in pico-dollars, and what of its credits is left for it. */
export async function monthUnder(scope: Scope, from: Date, agreement: Agreement) {
  const to = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1));
  const [used, creditsUsed] = await Promise.all([
    scope.usage.tokens({ from, to }),
    scope.invoices.creditsUsed({ from, to }),
  ]);
  const usage = used.reduce((sum, { amountPicoUsd }) => sum + amountPicoUsd, 0n);
  const given = agreement.credits.reduce((sum, { microUsd }) => sum + BigInt(microUsd) * 1_000_000n, 0n);
  const creditsLeft = given > creditsUsed ? given - creditsUsed : 0n;
  const amounts = agreementAmounts(usage, agreement, creditsLeft);
  return { usage, amounts, creditsLeft, total: agreementKinds.reduce((sum, kind) => sum + amounts[kind], usage) };
}
