import type { Database, OrganizationScope, PaymentInfo } from "@tugboat/db";
import { z } from "zod";
import { invoiceName } from "../billing/invoice-document.ts";

/** What of a webhook's event matters here; the rest may be anything. */
export const paymentEvent = z.object({
  id: z.string(),
  type: z.string(),
  data: z.object({ object: z.looseObject({ id: z.string().optional() }) }),
});

const checkout = z.object({
  id: z.string(),
  payment_status: z.string(),
  amount_total: z.int().nullable(),
  currency: z.string().nullable(),
});

/**
 * Takes what a payment service told, however often it tells it: a payment moves its invoice to paid once. One that does
 * not fit what was asked for moves nothing, and is told as an alert.
 * @returns what was done
 */
export async function takePaymentEvent(
  database: Pick<Database, "payments" | "organization">,
  event: z.output<typeof paymentEvent>,
): Promise<"paid" | "odd" | "noted" | "ignored"> {
  const read = checkout.safeParse(event.data.object);
  if (!event.type.startsWith("checkout.session.") || !read.success) return "ignored";
  const payment = await database.payments.find(read.data.id);
  // Other programs may use the same account.
  if (payment === null) return "ignored";
  const scope = database.organization(payment.organizationId);
  switch (event.type) {
    case "checkout.session.completed":
      // Some ways to pay take days; then it is told again.
      return read.data.payment_status === "paid" ? settle(scope, payment, read.data, event.id) : "noted";
    case "checkout.session.async_payment_succeeded":
      return settle(scope, payment, read.data, event.id);
    case "checkout.session.async_payment_failed":
      return (await scope.payments.end(payment.id, "failed")) ? "noted" : "ignored";
    case "checkout.session.expired":
      return (await scope.payments.end(payment.id, "expired")) ? "noted" : "ignored";
    default:
      return "ignored";
  }
}

async function settle(
  scope: OrganizationScope,
  payment: PaymentInfo,
  { amount_total: amount, currency }: z.output<typeof checkout>,
  eventId: string,
): Promise<"paid" | "odd" | "ignored"> {
  return scope.transaction(async (tx) => {
    // The first who ends it goes on; whoever tells it again waits here, and finds it ended.
    if (!(await tx.payments.end(payment.id, "paid"))) return "ignored";
    const { invoice } = await tx.invoices.get(payment.invoiceId);
    const name = invoiceName(invoice);
    const asked = amount !== null && BigInt(amount) === payment.amountCents && currency?.toLowerCase() === "usd";
    const state = asked ? await tx.invoices.markPaid(invoice.id) : invoice.state;
    if (asked && state === "final") {
      await tx.audit.append({
        ...{ actor: "system", action: "invoices.move", subject: invoice.id },
        before: { name, state },
        after: { name, state: "paid", payment: payment.providerId, event: eventId },
      });
      return "paid";
    }
    const why = asked
      ? `${name} was paid, but it is ${state} already.`
      : `${name} was paid with ${amount ?? "no"} ${currency ?? ""} cents, not with ${payment.amountCents} usd cents.`;
    await tx.payments.markOdd(payment.id, why);
    await tx.alerts.raise({
      ...{ key: `payment:${payment.id}`, kind: "payment", title: `A payment of ${name} does not fit` },
      text: `${why} Look at the payment ${payment.providerId} and give the money back, or credit it.`,
      facts: { invoice: invoice.id, payment: payment.providerId, event: eventId },
    });
    return "odd";
  });
}
