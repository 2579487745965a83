import { rm } from "node:fs/promises";
import {
  Agreement,
  agreementAmounts,
  agreementIn,
  agreementSetting,
  currencySetting,
  type Database,
  invoiceTotals,
  openDatabase,
} from "@tugboat/db";
import fc from "fast-check";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryHome } from "../../testing/service.ts";
import { usageEvent } from "../../testing/usage.ts";
import { foldEvents } from "../usage/rollup.ts";
import { agreeFrom, monthUnder } from "./agreements.ts";
import { exactDollars, invoiceCsv, invoiceName, invoicePdf } from "./invoice-document.ts";
import { reconciliation } from "./reconciliation.ts";

let home = "";
let database: Database;
beforeAll(async () => {
  home = await temporaryHome();
  database = await openDatabase({ home });
}, 60_000);
afterAll(async () => {
  await database.close();
  await rm(home, { recursive: true, force: true });
});

const facts = { billTo: "Ada Ltd", note: "", taxName: "VAT", taxBasisPoints: 1900, createdBy: "system" };
const month = (n: number) => ({ from: new Date(Date.UTC(2025, n, 1)), to: new Date(Date.UTC(2025, n + 1, 1)) });

async function sql(text: string, values: unknown[] = []) {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    return await client.query(text, values);
  } finally {
    await client.end();
  }
}

describe("totals", () => {
  it("are the exact sum, rounded once, half up and away from zero", () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(0n, 10n ** 18n)), fc.integer({ min: 0, max: 10_000 }), (amounts, tax) => {
        const { amountPicoUsd, netMicroUsd, taxMicroUsd } = invoiceTotals(
          amounts.map((amount) => ({ amountPicoUsd: amount })),
          tax,
        );
        expect(amountPicoUsd).toBe(amounts.reduce((sum, one) => sum + one, 0n));
        const off = netMicroUsd * 1_000_000n - amountPicoUsd;
        expect(off <= 500_000n && off > -500_000n).toBe(true);
        const taxOff = taxMicroUsd * 10_000_000_000n - amountPicoUsd * BigInt(tax);
        expect(taxOff <= 5_000_000_000n && taxOff > -5_000_000_000n).toBe(true);
      }),
    );
    expect(invoiceTotals([{ amountPicoUsd: -500_000n }], 0).netMicroUsd).toBe(-1n);
  });
});

describe("an invoice", () => {
  it("comes to the sum of its events, whatever they are", async () => {
    let n = 0;
    const event = fc.record({
      at: fc.integer({ min: 0, max: 27 * 86_400_000 }),
      model: fc.constantFrom("a", "b", "c/d"),
      kind: fc.constantFrom("chat", "batch"),
      inputTokens: fc.nat(100_000),
      outputTokens: fc.nat(10_000),
      amountPicoUsd: fc.bigInt(0n, 10n ** 14n),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (events) => {
        const time = { from: new Date(Date.UTC(2020 + n, 0, 1)), to: new Date(Date.UTC(2020 + n, 1, 1)) };
        n -= 1;
        const scope = database.organization(database.home.organizationId);
        const made = events.map(({ at, ...rest }) =>
          usageEvent(scope.id, { ...rest, target: rest.model, at: new Date(time.from.getTime() + at) }),
        );
        if (made.length > 0) await database.metering.ingest(made, foldEvents);
        const draft = await scope.invoices.draft({ ...facts, ...time });
        const final = await scope.invoices.finalize(draft.id, draft.updatedAt);
        const { lines } = await scope.invoices.get(final.id);
        const sum = made.reduce((total, one) => total + one.amountPicoUsd, 0n);
        expect(final.amountPicoUsd).toBe(sum);
        expect(lines.reduce((total, line) => total + line.amountPicoUsd, 0n)).toBe(sum);
        expect(lines.reduce((total, line) => total + line.requests, 0)).toBe(made.length);
        expect(lines.reduce((total, line) => total + line.outputTokens, 0)).toBe(
          made.reduce((total, one) => total + one.outputTokens, 0),
        );
      }),
      { numRuns: 15 },
    );
    const numbers = (await database.organization(database.home.organizationId).invoices.list()).map(
      ({ number }) => number,
    );
    expect(numbers).toEqual(numbers.map((_, index) => numbers.length - index));
  }, 60_000);

  it("bills what came late apart, and the same time twice never", async () => {
    const scope = database.organization(database.home.organizationId);
    const time = month(0);
    const ingest = (amountPicoUsd: bigint) =>
      database.metering.ingest(
        [usageEvent(scope.id, { at: new Date(Date.UTC(2025, 0, 15)), amountPicoUsd })],
        foldEvents,
      );
    await ingest(7n);
    const first = await scope.invoices.draft({ ...facts, ...time });
    await expect(scope.invoices.draft({ ...facts, ...time })).rejects.toMatchObject({ code: "conflict" });
    await scope.invoices.finalize(first.id, first.updatedAt);
    const crossing = { from: time.from, to: new Date(Date.UTC(2025, 2, 1)) };
    await expect(scope.invoices.draft({ ...facts, ...crossing })).rejects.toMatchObject({ code: "conflict" });
    await ingest(5n);
    const second = await scope.invoices.draft({ ...facts, ...time });
    expect(second.amountPicoUsd).toBe(5n);
    await scope.invoices.discard(second.id);
  });

  it("moves only as invoices do, and never changes once it is final, not even by hand", async () => {
    const scope = database.organization(database.home.organizationId);
    await database.metering.ingest(
      [usageEvent(scope.id, { at: new Date(Date.UTC(2025, 3, 2)), amountPicoUsd: 3_000_000_000_000n })],
      foldEvents,
    );
    const draft = await scope.invoices.draft({ ...facts, ...month(3) });
    await expect(scope.invoices.move(draft.id, "paid", draft.updatedAt)).rejects.toMatchObject({ code: "conflict" });
    const final = await scope.invoices.finalize(draft.id, draft.updatedAt);
    await expect(scope.invoices.finalize(draft.id, final.updatedAt)).rejects.toMatchObject({ code: "conflict" });
    await expect(scope.invoices.discard(draft.id)).rejects.toMatchObject({ code: "conflict" });
    for (const attack of [
      "UPDATE invoice SET net_micro_usd = 1 WHERE id = $1",
      "UPDATE invoice SET state = 'draft', number = NULL WHERE id = $1",
      "DELETE FROM invoice WHERE id = $1",
      "UPDATE invoice_line SET amount_pico_usd = 0 WHERE invoice_id = $1",
      "DELETE FROM invoice_line WHERE invoice_id = $1",
      "INSERT INTO invoice_line SELECT $1, 99, 'x', 'x', 'x', 'x', 1, 1, 1, 1, 1",
    ]) {
      await expect(sql(attack, [draft.id]), attack).rejects.toThrow(/never|does not go|do not come/);
    }
    const paid = await scope.invoices.move(final.id, "paid", final.updatedAt);
    await expect(scope.invoices.move(final.id, "void", paid.updatedAt)).rejects.toMatchObject({ code: "conflict" });
    const note = await scope.invoices.credit(final.id, 1_000_000n, "It was slow", "system");
    expect(note).toMatchObject({
      kind: "credit-note",
      netMicroUsd: -1_000_000n,
      taxMicroUsd: -190_000n,
      creditsId: final.id,
    });
    expect(note.number).toBe((final.number ?? 0) + 1);
    await expect(scope.invoices.credit(final.id, 2_000_001n, "more", "system")).rejects.toMatchObject({
      code: "conflict",
    });
  });

  it("waits for its time to be over and for its usage to reconcile", async () => {
    const scope = database.organization(database.home.organizationId);
    const now = Date.now();
    const running = { from: new Date(now - 86_400_000), to: new Date(now + 86_400_000) };
    const draft = await scope.invoices.draft({ ...facts, ...running });
    await expect(scope.invoices.finalize(draft.id, draft.updatedAt)).rejects.toMatchObject({ code: "conflict" });
    await scope.invoices.discard(draft.id);
    const event = usageEvent(scope.id, { at: new Date(Date.UTC(2025, 5, 2)) });
    await database.metering.ingest([event], foldEvents);
    await sql("DELETE FROM usage_event WHERE id = $1", [event.id]);
    const planted = await scope.invoices.draft({ ...facts, ...month(5) });
    await expect(scope.invoices.finalize(planted.id, planted.updatedAt)).rejects.toThrow(/do not agree/);
    await scope.invoices.discard(planted.id);
  });

  it("is a file for people and one for programs", async () => {
    const scope = database.organization(database.home.organizationId);
    const [listed] = (await scope.invoices.list()).filter(
      ({ kind, netMicroUsd }) => kind === "invoice" && netMicroUsd > 0n,
    );
    const { invoice, lines } = await scope.invoices.get(listed?.id ?? "");
    const csv = invoiceCsv(invoice, lines).trim().split(/\r?\n/);
    expect(csv).toHaveLength(lines.length + 4);
    expect(csv.at(-1)).toContain(exactDollars((invoice.netMicroUsd + invoice.taxMicroUsd) * 1_000_000n));
    const [noteInfo] = (await scope.invoices.list()).filter(({ kind }) => kind === "credit-note");
    const note = await scope.invoices.get(noteInfo?.id ?? "");
    expect(invoiceCsv(note.invoice, note.lines).trim()).toMatch(/,-1\.19$/);
    const pdf = await invoicePdf("Ада & Söhne", invoice, lines, null);
    expect(Buffer.from(pdf.subarray(0, 5)).toString()).toBe("%PDF-");
    expect(invoiceName(invoice)).toMatch(/^INV-\d{6}$/);
    expect(exactDollars(-1_500_000_000_000n)).toBe("-1.50");
  });
});

describe("an agreement", () => {
  const agreement = {
    allowanceMicroUsd: 10_000_000,
    tiers: [
      { aboveMicroUsd: 100_000_000, discountBasisPoints: 1000 },
      { aboveMicroUsd: 200_000_000, discountBasisPoints: 2500 },
    ],
    minimumMicroUsd: 50_000_000,
    credits: [{ microUsd: 30_000_000, reason: "Welcome" }],
  };
  const dollar = 1_000_000_000_000n;

  it("takes off the allowance, then discounts by tier, then fills up to the minimum, then uses credits", () => {
    expect(agreementAmounts(310n * dollar, agreement, 30n * dollar)).toEqual({
      // 300 $ are charged: 100 without a discount, 100 with a tenth, 100 with a quarter.
      ...{ allowance: -10n * dollar, discount: -35n * dollar, minimum: 0n, "credit-used": -30n * dollar },
    });
    expect(agreementAmounts(20n * dollar, agreement, 100n * dollar)).toEqual({
      ...{ allowance: -10n * dollar, discount: 0n, minimum: 40n * dollar, "credit-used": -50n * dollar },
    });
    // 3 pico-dollars at 2.5 %, rounded half up.
    const odd = { ...agreement, allowanceMicroUsd: 0, tiers: [{ aboveMicroUsd: 0, discountBasisPoints: 5000 }] };
    expect(agreementAmounts(3n, odd, 0n).discount).toBe(-2n);
  });

  it("never charges less than nothing, nor less than the minimum before credits", () => {
    const amount = fc.integer({ min: 0, max: 1_000_000_000 });
    fc.assert(
      fc.property(
        fc.bigInt(0n, 10n ** 16n),
        amount,
        amount,
        fc.bigInt(0n, 10n ** 15n),
        (usage, free, least, credits) => {
          const given = { ...agreement, allowanceMicroUsd: free, minimumMicroUsd: least };
          const { allowance, discount, minimum, "credit-used": used } = agreementAmounts(usage, given, credits);
          const charged = usage + allowance + discount + minimum;
          expect(charged >= BigInt(least) * 1_000_000n && charged + used >= 0n && -used <= credits).toBe(true);
        },
      ),
    );
  });

  it("is part of a month's invoice, and what comes late changes it by the difference alone", async () => {
    const scope = database.organization(database.home.organizationId);
    await scope.settings.set(agreementSetting, [{ from: "2024-01", agreement }]);
    const time = month(-12);
    const used = (amount: bigint) =>
      database.metering.ingest(
        [usageEvent(scope.id, { at: new Date(time.from.getTime() + 1000), amountPicoUsd: amount })],
        foldEvents,
      );
    await used(20n * dollar);
    const draft = await scope.invoices.draft({ ...facts, ...time });
    // 20 less 10 free, up to 50, less 30 of credits.
    expect((await scope.invoices.finalize(draft.id, draft.updatedAt)).netMicroUsd).toBe(20_000_000n);
    await used(300n * dollar);
    const late = await scope.invoices.draft({ ...facts, ...time });
    // 320 less 10 free, less 10 and 27.5 by tiers, less 30 of credits: 242.5, of which 20 are billed.
    expect((await scope.invoices.finalize(late.id, late.updatedAt)).netMicroUsd).toBe(222_500_000n);
    const found = await reconciliation(scope, time);
    expect(found.differences).toEqual([]);
    // 320 less 10, 10 and 27.5, of which credits pay 30, as the preview says too.
    expect(await monthUnder(scope, time.from, agreement)).toMatchObject({
      ...{ usage: 320n * dollar, creditsLeft: 30n * dollar, total: 242_500_000_000_000n },
    });
    await expect(agreeFrom(scope, "2024-01", null)).rejects.toThrow(/bills 2024-01 already/);
    expect(await agreeFrom(scope, "2031-05", null)).toHaveLength(2);
    // The credits are used up.
    const next = month(-11);
    const empty = await scope.invoices.draft({ ...facts, ...next });
    expect(empty.netMicroUsd).toBe(50_000_000n);
    await scope.invoices.discard(empty.id);
    await scope.settings.remove(agreementSetting);
  });

  it("holds from its month on, until the next begins or it is ended", () => {
    const versions = [
      { from: "2026-02", agreement: { ...agreement, minimumMicroUsd: 1 } },
      { from: "2026-11", agreement: { ...agreement, minimumMicroUsd: 2 } },
      { from: "2027-01", agreement: null },
    ];
    const least = ["2026-01", "2026-02", "2026-10", "2026-11", "2026-12", "2027-01", "2028-02"].map(
      (of) => agreementIn(versions, of)?.minimumMicroUsd,
    );
    expect(least).toEqual([undefined, 1, 1, 2, 2, undefined, undefined]);
  });

  it("shows its total in another currency too, by the rate that held when it became final", async () => {
    const scope = database.organization(database.home.organizationId);
    const yen = { code: "JPY", perUsd: "151.25", day: "2025-04-30" };
    await scope.settings.set(currencySetting, yen);
    const time = month(-10);
    const at = new Date(time.from.getTime() + 1000);
    await database.metering.ingest([usageEvent(scope.id, { at, amountPicoUsd: 10n * dollar })], foldEvents);
    const draft = await scope.invoices.draft({ ...facts, ...time });
    const final = await scope.invoices.finalize(draft.id, draft.updatedAt);
    await scope.settings.set(currencySetting, { ...yen, perUsd: "1" });
    const { invoice, lines } = await scope.invoices.get(final.id);
    expect(invoice.shownIn).toEqual(yen);
    const pdf = Buffer.from(await invoicePdf("Home", invoice, lines, null)).toString("latin1");
    expect(pdf).toMatch(/^%PDF-1/);
    await scope.settings.remove(currencySetting);
  });

  it("refuses tiers that overlap", () => {
    const tiers = [...agreement.tiers].reverse();
    expect(Agreement.safeParse({ ...agreement, tiers }).error?.issues[0]).toMatchObject({
      ...{ path: ["tiers", 1, "aboveMicroUsd"], message: expect.stringContaining("overlaps") },
    });
  });
});
