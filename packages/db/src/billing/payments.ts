import type { Db } from "../client.ts";
import { isId } from "../id.ts";

export const paymentStates = ["open", "paid", "failed", "expired", "odd"] as const;
export type PaymentState = (typeof paymentStates)[number];

/** A page of a payment service where an invoice can be paid. */
export interface PaymentInfo {
  readonly id: string;
  readonly invoiceId: string;
  /** What the service calls it. */
  readonly providerId: string;
  readonly url: string;
  readonly amountCents: bigint;
  readonly state: PaymentState;
  /** What an odd one is about. */
  readonly note: string;
  readonly expiresAt: Date;
  readonly createdAt: Date;
}

export type NewPayment = Pick<PaymentInfo, "invoiceId" | "providerId" | "url" | "amountCents" | "expiresAt">;

export interface Payments {
  /** Of some invoices, or of all; the newest first. */
  list(invoiceId?: string): Promise<PaymentInfo[]>;
  /** The same page twice is one. */
  add(payment: NewPayment): Promise<PaymentInfo>;
  /**
   * Ends one. What was paid, however, is never undone by what is told later.
   * @returns false where it has ended so, or was paid, before
   */
  end(id: string, to: Exclude<PaymentState, "open" | "odd">): Promise<boolean>;
  /** It was paid, but not as it was asked for. */
  markOdd(id: string, note: string): Promise<void>;
}

const FIELDS = {
  ...{ id: true, invoiceId: true, providerId: true, url: true, amountCents: true, state: true, note: true },
  ...{ expiresAt: true, createdAt: true },
} as const;

export function paymentsOf(db: Db, organizationId: string): Payments {
  return {
    async list(invoiceId) {
      if (invoiceId !== undefined && !isId(invoiceId)) return [];
      const where = { organizationId, ...(invoiceId !== undefined && { invoiceId }) };
      const rows = await db.invoicePayment.findMany({ where, orderBy: { id: "desc" }, take: 1000, select: FIELDS });
      return rows.map(info);
    },

    async add(payment) {
      const { providerId } = payment;
      const create = { organizationId, state: "open", ...payment };
      return info(await db.invoicePayment.upsert({ where: { providerId }, create, update: {}, select: FIELDS }));
    },

    async end(id, to) {
      const state = { in: to === "paid" ? ["open", "failed", "expired"] : ["open"] };
      const { count } = await db.invoicePayment.updateMany({
        where: { id, organizationId, state },
        data: { state: to },
      });
      return count > 0;
    },

    async markOdd(id, note) {
      await db.invoicePayment.updateMany({ where: { id, organizationId }, data: { state: "odd", note } });
    },
  };
}

/** For what a payment service tells: it names neither organization nor invoice. */
export interface PaymentIndex {
  find(providerId: string): Promise<(PaymentInfo & { readonly organizationId: string }) | null>;
}

export function paymentIndex(db: Db): PaymentIndex {
  return {
    async find(providerId) {
      const select = { ...FIELDS, organizationId: true } as const;
      const row = await db.invoicePayment.findUnique({ where: { providerId }, select });
      return row && info(row);
    },
  };
}

function info<T extends { readonly state: string }>(row: T): Omit<T, "state"> & { readonly state: PaymentState } {
  return { ...row, state: paymentStates.find((one) => one === row.state) ?? "odd" };
}
