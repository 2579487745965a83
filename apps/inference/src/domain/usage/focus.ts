import type { UsageHour } from "@tugboat/db";
import { csvLine } from "../audit/csv.ts";
import { exactDollars } from "../billing/invoice-document.ts";

export interface FocusFacts {
  readonly organizationId: string;
  readonly organization: string;
  /** What people call projects and keys, by their ids. */
  readonly nameOf: (id: string) => string;
}

const hourMs = 3_600_000;

/** A row in the columns of FOCUS, as text. */
export type FocusRow = Readonly<Record<(typeof focusColumns)[number], string>>;

/**
 * Usage as cost and usage data in the columns of FOCUS 1.1 (FinOps Open Cost and Usage Specification): a row for each
 * hour, project, key, kind, model and what served it. All costs are the same: there are no list prices beside the price book, no
 * commitments and no discounts. Amounts are exact dollars.
 */
export function focusCsv(hours: readonly UsageHour[], facts: FocusFacts): string {
  const rows = focusRows(hours, facts).map((row) => focusColumns.map((name) => row[name]));
  return [[...focusColumns], ...rows].map((row) => csvLine(row)).join("");
}

/** The rows of `focusCsv`, the oldest hour first. */
export function focusRows(
  hours: readonly UsageHour[],
  { nameOf, organization, organizationId }: FocusFacts,
): FocusRow[] {
  return [...hours]
    .sort((a, b) => a.hour.getTime() - b.hour.getTime())
    .map((hour) => {
      const cost = exactDollars(hour.amountPicoUsd);
      const { apiKeyId, kind, model, projectId, target } = hour;
      const tokens = String(hour.inputTokens + hour.outputTokens);
      const month = (ahead: number) =>
        new Date(Date.UTC(hour.hour.getUTCFullYear(), hour.hour.getUTCMonth() + ahead, 1)).toISOString();
      const tags = {
        ...{ kind, requests: hour.requests, input_tokens: hour.inputTokens, cached_tokens: hour.cachedTokens },
        ...{ output_tokens: hour.outputTokens, ...(apiKeyId !== null && { key: nameOf(apiKeyId) }) },
      };
      return {
        BilledCost: cost,
        BillingAccountId: organizationId,
        BillingAccountName: organization,
        BillingCurrency: "USD",
        BillingPeriodStart: month(0),
        BillingPeriodEnd: month(1),
        ChargeCategory: "Usage",
        ChargeClass: "",
        ChargeDescription: target === model ? `${model}, ${kind}` : `${model}, ${kind}, served by ${target}`,
        ChargeFrequency: "Usage-Based",
        ChargePeriodStart: hour.hour.toISOString(),
        ChargePeriodEnd: new Date(hour.hour.getTime() + hourMs).toISOString(),
        ConsumedQuantity: tokens,
        ConsumedUnit: "Tokens",
        ContractedCost: cost,
        EffectiveCost: cost,
        InvoiceIssuerName: organization,
        ListCost: cost,
        PricingCategory: "Standard",
        PricingQuantity: tokens,
        PricingUnit: "Tokens",
        ProviderName: "Tugboat",
        PublisherName: "Tugboat",
        ResourceId: apiKeyId ?? "",
        ResourceName: apiKeyId === null ? "Console" : nameOf(apiKeyId),
        ResourceType: apiKeyId === null ? "Console" : "API key",
        ServiceCategory: "AI and Machine Learning",
        ServiceName: "Inference",
        SkuId: target,
        SubAccountId: projectId ?? "",
        SubAccountName: projectId === null ? "" : nameOf(projectId),
        Tags: JSON.stringify(tags),
      };
    });
}

export const focusColumns = [
  "BilledCost",
  "BillingAccountId",
  "BillingAccountName",
  "BillingCurrency",
  "BillingPeriodStart",
  "BillingPeriodEnd",
  "ChargeCategory",
  "ChargeClass",
  "ChargeDescription",
  "ChargeFrequency",
  "ChargePeriodStart",
  "ChargePeriodEnd",
  "ConsumedQuantity",
  "ConsumedUnit",
  "ContractedCost",
  "EffectiveCost",
  "InvoiceIssuerName",
  "ListCost",
  "PricingCategory",
  "PricingQuantity",
  "PricingUnit",
  "ProviderName",
  "PublisherName",
  "ResourceId",
  "ResourceName",
  "ResourceType",
  "ServiceCategory",
  "ServiceName",
  "SkuId",
  "SubAccountId",
  "SubAccountName",
  "Tags",
] as const;
