import { dollarsText, microUsdOf } from "../../ui/money.ts";
import type { Agreement } from "./types.ts";

/** The form: dollars and percents as they are typed. */
export interface AgreementDraft {
  /** `2026-11` */
  readonly from: string;
  readonly allowance: string;
  readonly minimum: string;
  readonly tiers: readonly { readonly key: string; readonly above: string; readonly discount: string }[];
  readonly credits: readonly { readonly key: string; readonly amount: string; readonly reason: string }[];
}

export function agreementDraft(from: string, agreement: Agreement | null): AgreementDraft {
  const amount = (microUsd: number) => (microUsd === 0 ? "" : dollarsText(microUsd));
  return {
    from,
    allowance: amount(agreement?.allowanceMicroUsd ?? 0),
    minimum: amount(agreement?.minimumMicroUsd ?? 0),
    tiers: (agreement?.tiers ?? []).map(({ aboveMicroUsd, discountBasisPoints }, index) => ({
      key: `tier-${index}`,
      above: dollarsText(aboveMicroUsd),
      discount: String(discountBasisPoints / 100),
    })),
    credits: (agreement?.credits ?? []).map(({ microUsd, reason }, index) => ({
      key: `credit-${index}`,
      amount: dollarsText(microUsd),
      reason,
    })),
  };
}

/** The form as an agreement, or the first sentence of what is wrong. An empty amount is nothing. */
export function agreementOf(draft: AgreementDraft): Agreement | string {
  const amount = (text: string) => (text.trim() === "" ? 0 : microUsdOf(text));
  const allowanceMicroUsd = amount(draft.allowance);
  const minimumMicroUsd = amount(draft.minimum);
  if (allowanceMicroUsd === undefined || minimumMicroUsd === undefined) {
    return "Allowance and minimum are dollars, such as 25 or 0.5.";
  }
  const tiers: Agreement["tiers"] = [];
  for (const [index, { above, discount }] of draft.tiers.entries()) {
    const aboveMicroUsd = amount(above);
    const percent = Number(discount.replace(",", "."));
    const discountBasisPoints = Math.round(percent * 100);
    if (aboveMicroUsd === undefined) return `Tier ${index + 1} begins above an amount in dollars.`;
    if (discount.trim() === "" || !(percent >= 0 && percent <= 100)) {
      return `Tier ${index + 1} takes off a percentage from 0 to 100.`;
    }
    const before = tiers.at(-1);
    if (before !== undefined && aboveMicroUsd <= before.aboveMicroUsd) {
      return `Tier ${index + 1} overlaps tier ${index}: each begins above the one before it.`;
    }
    tiers.push({ aboveMicroUsd, discountBasisPoints });
  }
  const credits: Agreement["credits"] = [];
  for (const [index, { amount: text, reason }] of draft.credits.entries()) {
    const microUsd = amount(text);
    if (microUsd === undefined) return `Credit ${index + 1} is an amount in dollars.`;
    if (reason.trim() === "") return `Credit ${index + 1} has a reason, which people see.`;
    credits.push({ microUsd, reason: reason.trim() });
  }
  return { allowanceMicroUsd, minimumMicroUsd, tiers, credits };
}
