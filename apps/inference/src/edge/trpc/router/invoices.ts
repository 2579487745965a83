import {
  DisplayCurrency,
  type InvoiceInfo,
  type InvoiceLine,
  invoiceKinds,
  invoiceStates,
  type PaymentInfo,
  paymentStates,
} from "@tugboat/db";
import { z } from "zod";
import { inCurrency } from "../../../domain/billing/currency.ts";
import { exactDollars, invoiceCsv, invoiceName, invoicePdf } from "../../../domain/billing/invoice-document.ts";
import { payPage } from "../../../domain/payments/pay.ts";
import { RefusedError } from "../errors.ts";
import { id, moment, seen } from "../shapes.ts";
import { orgProcedure, router } from "../trpc.ts";

const amount = z.int();
const day = z.iso.date("A day: 2026-11-01.");

const invoice = z.object({
  id,
  /** `INV-000012`, `CN-000013`, or `Draft`. */
  name: z.string(),
  kind: z.enum(invoiceKinds),
  number: z.int().nullable(),
  creditsId: id.nullable(),
  state: z.enum(invoiceStates),
  /** Inclusive, to exclusive. */
  from: moment,
  to: moment,
  billTo: z.string(),
  note: z.string(),
  taxName: z.string(),
  taxBasisPoints: z.int(),
  /** Exact dollars, as text. */
  amountUsd: z.string(),
  netMicroUsd: amount,
  taxMicroUsd: amount,
  totalMicroUsd: amount,
  createdAt: moment,
  updatedAt: moment,
  finalAt: moment.nullable(),
  /** The total in the currency that it is also shown in, such as `JPY 1513`, with the rate; it is owed in US dollars. */
  shownIn: DisplayCurrency.extend({ total: z.string() }).nullable(),
});

const payment = z.object({
  state: z.enum(paymentStates),
  url: z.string(),
  amountCents: amount,
  /** What an odd one is about. */
  note: z.string(),
  expiresAt: moment,
});

const line = z.object({
  text: z.string(),
  kind: z.string(),
  model: z.string(),
  target: z.string(),
  requests: amount,
  inputTokens: amount,
  cachedTokens: amount,
  outputTokens: amount,
  amountUsd: z.string(),
});

const dayMs = 86_400_000;

export const invoicesRouter = router({
  /** The newest first. */
  list: orgProcedure("billing:read")
    .output(
      z.object({
        /** Whether invoices can be paid by a payment service. */
        payable: z.boolean(),
        invoices: z.array(invoice.extend({ payment: payment.nullable() })),
      }),
    )
    .query(async ({ ctx }) => {
      const [invoices, payments] = await Promise.all([ctx.scope.invoices.list(), ctx.scope.payments.list()]);
      return {
        payable: ctx.management.stripe !== undefined,
        invoices: invoices.map((one) => {
          const own = payments.filter(({ invoiceId }) => invoiceId === one.id);
          // What was paid is told before what was opened and left.
          const last = own.find(({ state }) => state === "odd" || state === "paid") ?? own[0];
          return { ...shown(one), payment: last === undefined ? null : shownPayment(last) };
        }),
      };
    }),

  /** Gives a page of the payment service where a final invoice can be paid. It is paid when that service says so. */
  pay: orgProcedure("billing:write")
    .input(z.object({ id }))
    .output(payment)
    .mutation(async ({ ctx, input }) => {
      const { consoleUrl, stripe } = ctx.management;
      await ctx.scope.invoices.get(input.id);
      if (stripe === undefined) {
        throw new RefusedError("PRECONDITION_FAILED", "No payment service is set.", {
          reason: "not-ready",
          hint: "Set TUGBOAT_STRIPE_SECRET_KEY and TUGBOAT_STRIPE_WEBHOOK_SECRET, as the guide for admins says.",
        });
      }
      return ctx.change(async (scope) => {
        const made = await payPage(scope, stripe, input.id, `${consoleUrl}/settings/billing`, new Date());
        const after = { payment: made.providerId, amountCents: Number(made.amountCents) };
        return { subject: input.id, after, result: shownPayment(made) };
      });
    }),

  get: orgProcedure("billing:read")
    .input(z.object({ id }))
    .output(z.object({ invoice, lines: z.array(line) }))
    .query(async ({ ctx, input }) => {
      const found = await ctx.scope.invoices.get(input.id);
      return { invoice: shown(found.invoice), lines: found.lines.map(shownLine) };
    }),

  /** Makes a draft over whole days (UTC), by default the last month that is over. */
  create: orgProcedure("billing:write")
    .input(
      z.object({
        from: day.optional(),
        /** The last day, included. */
        to: day.optional(),
        billTo: z.string().trim().max(1000).default(""),
        note: z.string().trim().max(1000).default(""),
        taxName: z.string().trim().max(40).default(""),
        taxBasisPoints: z.int().min(0).max(10_000).default(0),
      }),
    )
    .output(invoice)
    .mutation(async ({ ctx, input: { from, to, ...rest } }) => {
      await ctx.management.meter.flush(2_000);
      const made = await ctx.change(async (scope) => {
        const result = await scope.invoices.draft({ ...rest, ...timeOf(from, to), createdBy: ctx.actor });
        return { subject: result.id, after: recorded(result), result };
      });
      return shown(made);
    }),

  /** Gives a draft its number, for good. */
  finalize: orgProcedure("billing:write")
    .input(z.object({ id, updatedAt: seen }))
    .output(invoice)
    .mutation(async ({ ctx, input }) => {
      await ctx.management.meter.flush(2_000);
      const made = await ctx.change(async (scope) => {
        const result = await scope.invoices.finalize(input.id, input.updatedAt);
        return { subject: input.id, before: { state: "draft" }, after: recorded(result), result };
      });
      return shown(made);
    }),

  /** A final invoice was paid, or is void. */
  move: orgProcedure("billing:write")
    .input(z.object({ id, to: z.enum(["paid", "void"]), updatedAt: seen }))
    .output(invoice)
    .mutation(async ({ ctx, input }) => {
      const made = await ctx.change(async (scope) => {
        const result = await scope.invoices.move(input.id, input.to, input.updatedAt);
        return { subject: input.id, before: { state: "final" }, after: recorded(result), result };
      });
      return shown(made);
    }),

  discard: orgProcedure("billing:write")
    .input(z.object({ id }))
    .output(z.object({ id }))
    .mutation(async ({ ctx, input }) =>
      ctx.change(async (scope) => {
        const gone = await scope.invoices.discard(input.id);
        return { subject: input.id, before: recorded(gone), result: { id: input.id } };
      }),
    ),

  /** Gives back a part of an invoice by a credit note, which is final at once. */
  credit: orgProcedure("billing:write")
    .input(
      z.object({
        id,
        netMicroUsd: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
        reason: z.string().trim().min(1).max(500),
      }),
    )
    .output(invoice)
    .mutation(async ({ ctx, input }) => {
      const made = await ctx.change(async (scope) => {
        const result = await scope.invoices.credit(input.id, BigInt(input.netMicroUsd), input.reason, ctx.actor);
        return { subject: input.id, after: recorded(result), result };
      });
      return shown(made);
    }),

  /** The invoice as a file. */
  export: orgProcedure("billing:read")
    .input(z.object({ id, format: z.enum(["csv", "pdf"]) }))
    .output(z.object({ filename: z.string(), contentType: z.string(), base64: z.string() }))
    .query(async ({ ctx, input }) => {
      const { invoice: found, lines } = await ctx.scope.invoices.get(input.id);
      const filename = `${invoiceName(found)}.${input.format}`;
      if (input.format === "csv") {
        const base64 = Buffer.from(invoiceCsv(found, lines)).toString("base64");
        return { filename, contentType: "text/csv; charset=utf-8", base64 };
      }
      const credits = found.creditsId === null ? null : (await ctx.scope.invoices.get(found.creditsId)).invoice.number;
      const { name } = await ctx.scope.info();
      const pdf = await invoicePdf(name, found, lines, credits);
      return { filename, contentType: "application/pdf", base64: Buffer.from(pdf).toString("base64") };
    }),
});

function timeOf(from: string | undefined, to: string | undefined) {
  const now = new Date();
  const thisMonth = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
  const end = to === undefined ? thisMonth : Date.parse(to) + dayMs;
  const before = new Date(end - 1);
  const begin = from === undefined ? Date.UTC(before.getUTCFullYear(), before.getUTCMonth(), 1) : Date.parse(from);
  return { from: new Date(begin), to: new Date(Math.max(end, begin + dayMs)) };
}

function shownPayment({ amountCents, expiresAt, note, state, url }: PaymentInfo) {
  return { state, url, note, amountCents: Number(amountCents), expiresAt: expiresAt.toISOString() };
}

function shown(one: InvoiceInfo) {
  const { amountPicoUsd, createdBy: _, netMicroUsd, shownIn, taxMicroUsd, ...rest } = one;
  return {
    ...rest,
    name: invoiceName(one),
    from: one.from.toISOString(),
    to: one.to.toISOString(),
    amountUsd: exactDollars(amountPicoUsd),
    netMicroUsd: Number(netMicroUsd),
    taxMicroUsd: Number(taxMicroUsd),
    totalMicroUsd: Number(netMicroUsd + taxMicroUsd),
    createdAt: one.createdAt.toISOString(),
    updatedAt: one.updatedAt.toISOString(),
    finalAt: one.finalAt?.toISOString() ?? null,
    shownIn: shownIn && { ...shownIn, total: inCurrency(netMicroUsd + taxMicroUsd, shownIn) },
  };
}

function shownLine({ amountPicoUsd, ...rest }: InvoiceLine) {
  return { ...rest, amountUsd: exactDollars(amountPicoUsd) };
}

function recorded(one: InvoiceInfo) {
  const { from, name, netMicroUsd, state, taxMicroUsd, to } = shown(one);
  return { name, state, from, to, netMicroUsd, taxMicroUsd };
}
