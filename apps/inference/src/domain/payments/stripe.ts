import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";

/** How a payment service that speaks Stripe's HTTP API is reached. */
export interface StripeSettings {
  readonly secretKey: string;
  /** What its webhooks are signed with: `whsec_…`. */
  readonly webhookSecret: string;
  /** `https://api.stripe.com`, or what stands in for it. */
  readonly baseUrl: string;
}

/** The version of the API whose shapes are relied on. */
const apiVersion = "2024-06-20";
const answerWithinMs = 20_000;
/** Stripe's libraries believe a signature for five minutes. */
export const toleranceSeconds = 300;

/** The payment service refused, or could not be asked. */
export class PaymentError extends Error {
  override readonly name = "PaymentError";
  readonly code: "payment-refused" | "payment-unreachable" | "bad-signature";
  readonly hint: string | undefined;

  constructor(code: PaymentError["code"], message: string, hint?: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.hint = hint;
  }
}

export interface CheckoutRequest {
  /** Asked twice with the same key, it is one page. */
  readonly idempotencyKey: string;
  readonly name: string;
  readonly amountCents: bigint;
  readonly invoiceId: string;
  /** Where the payer goes afterwards. */
  readonly returnUrl: string;
}

const session = z.object({ id: z.string().min(1), url: z.url(), expires_at: z.int() });
const refusal = z.object({ error: z.object({ message: z.string() }) });

/**
 * Makes a page where an invoice can be paid (`POST /v1/checkout/sessions`).
 * @throws PaymentError
 */
export async function openCheckout(
  { baseUrl, secretKey }: StripeSettings,
  { amountCents, idempotencyKey, invoiceId, name, returnUrl }: CheckoutRequest,
): Promise<{ id: string; url: string; expiresAt: Date }> {
  const form = new URLSearchParams({
    mode: "payment",
    client_reference_id: invoiceId,
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "usd",
    "line_items[0][price_data][unit_amount]": String(amountCents),
    "line_items[0][price_data][product_data][name]": name,
    "metadata[invoice]": invoiceId,
    "payment_intent_data[metadata][invoice]": invoiceId,
    success_url: returnUrl,
    cancel_url: returnUrl,
  });
  const response = await fetch(`${baseUrl}/v1/checkout/sessions`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${secretKey}`,
      "content-type": "application/x-www-form-urlencoded",
      "idempotency-key": idempotencyKey,
      "stripe-version": apiVersion,
    },
    body: form,
    redirect: "error",
    signal: AbortSignal.timeout(answerWithinMs),
  }).catch((cause: unknown) => {
    throw new PaymentError("payment-unreachable", "The payment service can't be reached.", "Try again later.", cause);
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) {
    const said = refusal.safeParse(body).data?.error.message ?? `it answered ${response.status}`;
    throw new PaymentError("payment-refused", `The payment service refused: ${said}`);
  }
  const made = session.safeParse(body);
  if (!made.success) throw new PaymentError("payment-refused", "The payment service made no page to pay on.");
  return { id: made.data.id, url: made.data.url, expiresAt: new Date(made.data.expires_at * 1000) };
}

/**
 * Checks a webhook's `Stripe-Signature`: `t=<seconds>,v1=<hex of HMAC-SHA256 over "<t>.<body>">`, several `v1` while a
 * secret is changed (https://docs.stripe.com/webhooks#verify-manually).
 * @param body exactly as it came
 * @throws PaymentError `bad-signature`
 */
export function checkSignature(body: string, header: string | undefined, secret: string, now: Date): void {
  const parts = (header ?? "").split(",").map((part) => part.trim().split("=", 2));
  const seconds = parts.find(([name]) => name === "t")?.[1] ?? "";
  const signatures = parts.flatMap(([name, value]) => (name === "v1" && value !== undefined ? [value] : []));
  if (!/^\d{1,12}$/.test(seconds) || signatures.length === 0) {
    throw new PaymentError("bad-signature", "The header Stripe-Signature holds no time or no v1 signature.");
  }
  const expected = createHmac("sha256", secret).update(`${seconds}.${body}`).digest();
  const fits = signatures.some((signature) => {
    const given = Buffer.from(/^[\da-f]{64}$/.test(signature) ? signature : "", "hex");
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!fits) throw new PaymentError("bad-signature", "The signature does not fit the body.");
  if (Math.abs(now.getTime() / 1000 - Number(seconds)) > toleranceSeconds) {
    throw new PaymentError("bad-signature", "The signature is older than five minutes, or from the future.");
  }
}
