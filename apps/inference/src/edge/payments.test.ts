import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkSignature, openCheckout } from "../domain/payments/stripe.ts";
import { foldEvents } from "../domain/usage/rollup.ts";
import { type ManagementFixture, type Person, startManagement } from "../testing/management.ts";
import { usageEvent } from "../testing/usage.ts";

const webhookSecret = "whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH";
const stripe = new Stripe("sk_test_0123456789");
let fixture: ManagementFixture;
let admin: Person;
let baseUrl = "";
let refuses = false;
const asked: { readonly headers: IncomingHttpHeaders; readonly form: Record<string, string> }[] = [];

/** Stripe's side: it answers `POST /v1/checkout/sessions` in the shapes that its API's reference shows. */
const service = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    asked.push({ headers: request.headers, form: Object.fromEntries(new URLSearchParams(body)) });
    const answer = refuses
      ? { error: { type: "invalid_request_error", code: "amount_too_small", message: "The amount is too small." } }
      : {
          id: `cs_test_${asked.length}`,
          object: "checkout.session",
          ...{ currency: "usd", mode: "payment", payment_status: "unpaid", status: "open", livemode: false },
          expires_at: Math.floor(Date.now() / 1000) + 86_400,
          url: `https://checkout.stripe.com/c/pay/cs_test_${asked.length}`,
        };
    response.writeHead(refuses ? 400 : 200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
});

beforeAll(async () => {
  service.listen(0, "127.0.0.1");
  await once(service, "listening");
  baseUrl = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  fixture = await startManagement({ stripe: { secretKey: "sk_test_0123456789", webhookSecret, baseUrl } });
  admin = await fixture.enter("Admin", fixture.scope, "admin");
}, 60_000);
afterAll(async () => {
  service.close();
  await fixture.close();
});

let months = 0;
/** A final invoice of 12.345 $ over a month of its own. */
async function finalInvoice() {
  months += 1;
  const from = new Date(Date.UTC(2024, months, 1));
  const at = new Date(from.getTime() + 1000);
  const amountPicoUsd = 12_345_000_000_000n;
  await fixture.database.metering.ingest([usageEvent(fixture.scope.id, { at, amountPicoUsd })], foldEvents);
  const time = { from, to: new Date(Date.UTC(2024, months + 1, 1)) };
  const facts = { billTo: "", note: "", taxName: "", taxBasisPoints: 0, createdBy: "system" };
  const draft = await fixture.scope.invoices.draft({ ...facts, ...time });
  return fixture.scope.invoices.finalize(draft.id, draft.updatedAt);
}

function eventOf(type: string, session: string, more: object = {}) {
  return JSON.stringify({
    ...{ id: `evt_${type}_${session}`, object: "event", api_version: "2024-06-20", type, livemode: false },
    data: {
      object: {
        ...{ id: session, object: "checkout.session", amount_total: 1235, currency: "usd", payment_status: "paid" },
        ...more,
      },
    },
  });
}

async function tell(payload: string, signed: { secret?: string; timestamp?: number } = {}) {
  const signature = stripe.webhooks.generateTestHeaderString({ payload, secret: webhookSecret, ...signed });
  const headers = { "stripe-signature": signature, "content-type": "application/json" };
  return fixture.app.request("/api/payments/stripe", { method: "POST", headers, body: payload });
}

const listed = async (id: string) =>
  (await fixture.call(admin, "invoices.list", undefined, "GET")).body.invoices.find(
    (one: { id: string }) => one.id === id,
  );

describe("a final invoice", () => {
  it("is paid on the service's page, once, however often and at once that is told", async () => {
    const invoice = await finalInvoice();
    const { body: page } = await fixture.call(admin, "invoices.pay", { id: invoice.id });
    expect(page).toMatchObject({
      state: "open",
      amountCents: 1235,
      url: expect.stringContaining("checkout.stripe.com"),
    });
    // Asked again, it is the same page.
    expect((await fixture.call(admin, "invoices.pay", { id: invoice.id })).body).toEqual(page);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.headers).toMatchObject({
      authorization: "Bearer sk_test_0123456789",
      "idempotency-key": `tugboat-${invoice.id}-0`,
    });
    expect(asked[0]?.form).toMatchObject({
      ...{ mode: "payment", client_reference_id: invoice.id, "line_items[0][price_data][currency]": "usd" },
      "line_items[0][price_data][unit_amount]": "1235",
    });
    const unpaid = await tell(eventOf("checkout.session.completed", "cs_test_1", { payment_status: "unpaid" }));
    expect(unpaid.status).toBe(200);
    expect((await listed(invoice.id)).state).toBe("final");
    const told = eventOf("checkout.session.async_payment_succeeded", "cs_test_1");
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => tell(told)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(await listed(invoice.id)).toMatchObject({ state: "paid", payment: { state: "paid" } });
    const moves = await fixture.scope.audit.list({ subject: invoice.id, action: "invoices.move" });
    expect(moves).toHaveLength(1);
    // What is told late undoes nothing.
    await tell(eventOf("checkout.session.expired", "cs_test_1"));
    expect(await listed(invoice.id)).toMatchObject({ state: "paid", payment: { state: "paid" } });
    expect((await fixture.call(admin, "invoices.pay", { id: invoice.id })).status).toBe(409);
  });

  it("is not paid by another amount, nor twice by hand and by the service: that is told as an alert", async () => {
    const invoice = await finalInvoice();
    await fixture.call(admin, "invoices.pay", { id: invoice.id });
    const session = `cs_test_${asked.length}`;
    await tell(eventOf("checkout.session.completed", session, { amount_total: 1 }));
    expect(await listed(invoice.id)).toMatchObject({ state: "final", payment: { state: "odd" } });
    const other = await finalInvoice();
    await fixture.call(admin, "invoices.pay", { id: other.id });
    await fixture.scope.invoices.markPaid(other.id);
    await tell(eventOf("checkout.session.completed", `cs_test_${asked.length}`));
    expect((await listed(other.id)).payment.note).toMatch(/was paid, but it is paid already/);
    expect((await fixture.scope.alerts.list(10)).map(({ kind }) => kind)).toEqual(["payment", "payment"]);
  });

  it("gets a new page when the old one's time is over; a refusal is told in the service's words", async () => {
    const invoice = await finalInvoice();
    const first = await fixture.call(admin, "invoices.pay", { id: invoice.id });
    await tell(eventOf("checkout.session.expired", `cs_test_${asked.length}`));
    expect((await listed(invoice.id)).payment.state).toBe("expired");
    const second = await fixture.call(admin, "invoices.pay", { id: invoice.id });
    expect(second.body.url).not.toBe(first.body.url);
    refuses = true;
    const refused = await fixture.call(admin, "invoices.pay", { id: (await finalInvoice()).id });
    refuses = false;
    expect([refused.status, refused.body.error.message]).toEqual([
      502,
      "The payment service refused: The amount is too small.",
    ]);
  });
});

describe("a webhook", () => {
  it("of a session that is not ours changes nothing, and is not told again", async () => {
    expect((await tell(eventOf("checkout.session.completed", "cs_test_unknown"))).status).toBe(200);
    expect((await tell(eventOf("invoice.paid", "cs_test_1"))).status).toBe(200);
  });

  it("is believed exactly where Stripe's own library believes it", async () => {
    const payload = eventOf("checkout.session.completed", "cs_test_unknown");
    const now = Math.floor(Date.now() / 1000);
    const made = (secret: string, timestamp: number) =>
      stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
    const good = made(webhookSecret, now);
    const [time = "", signature = ""] = good.split(",");
    const headers = [
      ...[good, made(webhookSecret, now - 200), made(webhookSecret, now - 400), made("whsec_other", now)],
      ...[`${time},v1=${"0".repeat(64)},${signature}`, `${time},${signature.replace("v1", "v0")}`],
      ...[`t=${now - 1},${signature}`, "t=,v1=", "", "nonsense", `${time},v1=zz`],
    ];
    for (const header of headers) {
      const ours = isBelieved(() => checkSignature(payload, header, webhookSecret, new Date()));
      const theirs = isBelieved(() => stripe.webhooks.constructEvent(payload, header, webhookSecret));
      expect([header, ours]).toEqual([header, theirs]);
    }
    const future = made(webhookSecret, now + 4000);
    expect(isBelieved(() => checkSignature(payload, future, webhookSecret, new Date()))).toBe(false);
    expect((await tell(payload, { secret: "whsec_other" })).status).toBe(400);
    expect((await tell(payload, { timestamp: now - 3600 })).status).toBe(400);
    expect((await tell("{}")).status).toBe(400);
  });
});

it("a service that is not there is told as such", async () => {
  const settings = { secretKey: "sk", webhookSecret, baseUrl: "http://127.0.0.1:1" };
  const request = { idempotencyKey: "k", name: "n", amountCents: 1n, invoiceId: "i", returnUrl: "http://x.example" };
  await expect(openCheckout(settings, request)).rejects.toMatchObject({ code: "payment-unreachable" });
});

function isBelieved(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
