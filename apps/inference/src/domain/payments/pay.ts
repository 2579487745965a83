import type { InvoiceInfo, OrganizationScope, PaymentInfo } from "@tugboat/db";
import { DatabaseError } from "@tugboat/db";
import { invoiceName } from "../billing/invoice-document.ts";
import { openCheckout, type StripeSettings } from "./stripe.ts";

/** What is to be paid, in whole cents: the total, rounded half up, once. */
export function centsOf({ netMicroUsd, taxMicroUsd }: Pick<InvoiceInfo, "netMicroUsd" | "taxMicroUsd">): bigint {
  const total = netMicroUsd + taxMicroUsd;
  return total < 0n ? 0n : (total + 5_000n) / 10_000n;
}

/**
 * Gives the page where a final invoice can be paid: the one that is open, or a new one.
 * @throws PaymentError; DatabaseError `conflict` for what is not to be paid
 */
export async function payPage(
  scope: OrganizationScope,
  stripe: StripeSettings,
  invoiceId: string,
  returnUrl: string,
  now: Date,
): Promise<PaymentInfo> {
  const { invoice } = await scope.invoices.get(invoiceId);
  const amountCents = centsOf(invoice);
  const name = invoiceName(invoice);
  if (invoice.kind !== "invoice" || invoice.state !== "final") {
    throw new DatabaseError("conflict", `${name} is not to be paid: it is ${invoice.state}.`, {
      hint: "Only a final invoice is.",
    });
  }
  if (amountCents === 0n) {
    throw new DatabaseError("conflict", `${name} comes to less than a cent.`, { hint: "Mark it as paid by hand." });
  }
  const before = await scope.payments.list(invoiceId);
  const open = before.find((one) => one.state === "open" && one.expiresAt > now);
  if (open !== undefined) return open;
  const { expiresAt, id, url } = await openCheckout(stripe, {
    idempotencyKey: `tugboat-${invoiceId}-${before.length}`,
    name: `Invoice ${name}`,
    ...{ amountCents, invoiceId, returnUrl },
  });
  return scope.payments.add({ invoiceId, providerId: id, url, amountCents, expiresAt });
}
