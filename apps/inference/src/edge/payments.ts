import type { Context } from "hono";
import { paymentEvent, takePaymentEvent } from "../domain/payments/events.ts";
import { checkSignature, PaymentError } from "../domain/payments/stripe.ts";
import type { Management } from "./trpc/context.ts";

/**
 * What the payment service tells: signed, perhaps more than once, in whichever order. It is told again whatever is not
 * answered with 200.
 */
export async function paymentWebhook({ database, log, stripe }: Management, c: Context): Promise<Response> {
  if (stripe === undefined) return c.json(problem("not-found", "No payment service is set."), 404);
  const body = await c.req.text();
  try {
    checkSignature(body, c.req.header("stripe-signature"), stripe.webhookSecret, new Date());
  } catch (error) {
    if (!(error instanceof PaymentError)) throw error;
    log.warn({ why: error.message }, "a payment's webhook was refused");
    return c.json(problem(error.code, error.message), 400);
  }
  const event = paymentEvent.safeParse(jsonOf(body));
  if (!event.success) return c.json(problem("invalid", "This is no event."), 400);
  const did = await takePaymentEvent(database, event.data);
  if (did !== "ignored") log.info({ event: event.data.id, type: event.data.type, did }, "a payment was told");
  return c.json({ received: true });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problem(code: string, message: string) {
  return { error: { code, message } };
}
