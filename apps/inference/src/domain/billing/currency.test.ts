import { DisplayCurrency } from "@tugboat/db";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inCurrency, inMinorUnits, minorDigits } from "./currency.ts";

const currency = (code: string, perUsd: string) => DisplayCurrency.parse({ code, perUsd, day: "2026-11-01" });

describe("another currency", () => {
  it.each([
    ["JPY", "151.25", 10_000_000n, "JPY 1513"],
    ["JPY", "151.25", 3_000n, "JPY 0"],
    ["KWD", "0.30699", 10_000_000n, "KWD 3.070"],
    ["EUR", "0.92", -1_000_000n, "EUR -0.92"],
    ["EUR", "0.92", 5_435n, "EUR 0.01"],
    ["CLF", "0.0253", 1_000_000n, "CLF 0.0253"],
    ["USD", "1", 999_995_000n, "USD 1000.00"],
  ])("%s at %s", (code, perUsd, microUsd, text) => expect(inCurrency(microUsd, currency(code, perUsd))).toBe(text));

  it("has as many places as the platform's own table says", () => {
    for (const code of ["USD", "EUR", "JPY", "KRW", "VND", "KWD", "BHD", "TND", "CLF", "CHF", "INR"]) {
      const known = new Intl.NumberFormat("en", { style: "currency", currency: code }).resolvedOptions();
      expect([code, minorDigits(code)]).toEqual([code, known.maximumFractionDigits]);
    }
  });

  it("is off by half of its smallest unit at most, and rounds the same below nothing", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 15n), fc.integer({ min: 1, max: 10 ** 12 }), (microUsd, scaled) => {
        const perUsd = `${Math.floor(scaled / 1e8)}.${String(scaled % 1e8).padStart(8, "0")}`;
        const to = currency("KWD", perUsd);
        const minor = inMinorUnits(microUsd, to);
        const off = minor * 10n ** 14n - microUsd * BigInt(scaled) * 1000n;
        expect(2n * off <= 10n ** 14n && 2n * off > -(10n ** 14n)).toBe(true);
        expect(inMinorUnits(-microUsd, to)).toBe(-minor);
      }),
    );
  });

  it.each(["0", "0.00", "-1", "1.123456789", "x"])("has no rate of %s", (perUsd) =>
    expect(() => currency("EUR", perUsd)).toThrow(),
  );
});
