import { DisplayCurrency } from "./display-currency.ts";
import { type InvoiceState, invoiceStates } from "./invoice-states.ts";

export const invoiceKinds = ["invoice", "credit-note"] as const;
export type InvoiceKind = (typeof invoiceKinds)[number];

/** Usage of one kind of one model over the invoice's time. */
export interface InvoiceLine {
  readonly text: string;
  readonly kind: string;
  /** As asked for, and what served it. */
  readonly model: string;
  readonly target: string;
  readonly requests: number;
  /** Cached ones included. */
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** Exact; negative on a credit note. */
  readonly amountPicoUsd: bigint;
}

export interface InvoiceInfo {
  readonly id: string;
  readonly kind: InvoiceKind;
  /** Null for a draft. */
  readonly number: number | null;
  readonly creditsId: string | null;
  readonly state: InvoiceState;
  /** Inclusive, to exclusive. */
  readonly from: Date;
  readonly to: Date;
  readonly billTo: string;
  readonly note: string;
  readonly taxName: string;
  readonly taxBasisPoints: number;
  /** The lines' sum, exact. */
  readonly amountPicoUsd: bigint;
  /** The sum and its tax, each rounded half up to a micro-dollar, once. */
  readonly netMicroUsd: bigint;
  readonly taxMicroUsd: bigint;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly finalAt: Date | null;
  /** What its total is also shown in, by the rate that held when it became final. */
  readonly shownIn: DisplayCurrency | null;
}

/** What the lines of an invoice come to. The one rounding: half up, away from zero, to a micro-dollar, of the exact sum. */
export function invoiceTotals(lines: readonly Pick<InvoiceLine, "amountPicoUsd">[], taxBasisPoints: number) {
  const amountPicoUsd = lines.reduce((sum, line) => sum + line.amountPicoUsd, 0n);
  return {
    amountPicoUsd,
    netMicroUsd: rounded(amountPicoUsd, 1_000_000n),
    taxMicroUsd: rounded(amountPicoUsd * BigInt(taxBasisPoints), 10_000n * 1_000_000n),
  };
}

function rounded(amount: bigint, unit: bigint): bigint {
  const magnitude = amount < 0n ? -amount : amount;
  const result = (2n * magnitude + unit) / (2n * unit);
  return amount < 0n ? -result : result;
}

export function invoiceInfo<
  Row extends {
    readonly state: string;
    readonly kind: string;
    readonly amountPicoUsd: { toFixed(): string };
    readonly shownIn: unknown;
  },
>(row: Row) {
  return {
    ...row,
    state: invoiceStates.find((state) => state === row.state) ?? "draft",
    kind: invoiceKinds.find((kind) => kind === row.kind) ?? "invoice",
    amountPicoUsd: BigInt(row.amountPicoUsd.toFixed()),
    shownIn: ShownIn.parse(row.shownIn),
  };
}

const ShownIn = DisplayCurrency.nullable();
