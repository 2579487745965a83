import type { PriceBookInfo, UsageTokens } from "@tugboat/db";
import fc from "fast-check";
import { expect, it } from "vitest";
import { savings } from "./savings.ts";

const day = new Date("2026-05-10T00:00:00Z");
const now = new Date("2026-05-12T00:00:00Z");
const entry = (target: string, input: number, cachedInput: number, output: number) => ({
  ...{ target, input, cachedInput, output, perHour: 0, marginBasisPoints: 0 },
});
const book = (version: number, from: string, prices: PriceBookInfo["prices"]): PriceBookInfo => ({
  ...{ id: `${version}`, organizationId: "o", version, effectiveFrom: new Date(from), note: "", prices },
  ...{ createdBy: "system", createdAt: new Date(from) },
});
const used = (given: Partial<UsageTokens> = {}): UsageTokens => ({
  ...{ day, kind: "chat", model: "small", target: "small", inputTokens: 1000, cachedTokens: 400, outputTokens: 100 },
  amountPicoUsd: 600n * 2n + 400n + 100n * 10n,
  ...given,
});
const books = [book(1, "2026-05-01", [entry("small", 2, 1, 10), entry("large", 20, 10, 100)])];

it("tells what cached tokens would have cost more, what batches would, and what the dearest model would", () => {
  // 400 cached tokens, one pico-dollar less each.
  expect(savings([used()], books, now)).toEqual({
    ...{ caches: 400n, cachedTokens: 400, batches: 0n },
    models: { reference: "large", saved: 600n * 20n + 400n * 10n + 100n * 100n - 2600n },
  });
  // A batch costs half, and so does what its cache saves.
  expect(savings([used({ kind: "batch", amountPicoUsd: 1300n })], books, now)).toMatchObject({
    ...{ caches: 200n, batches: 1300n },
  });
});

it("goes by the version that was in force on the day, and saves nothing where nothing was priced", () => {
  const later = [...books, book(2, "2026-05-11", [entry("small", 2, 2, 10)])];
  expect(savings([used()], later, now)).toMatchObject({ caches: 400n, models: null });
  expect(savings([used({ day: new Date("2026-05-11") })], later, now)).toMatchObject({ caches: 0n });
  expect(savings([used()], [], now)).toEqual({ caches: 0n, cachedTokens: 400, batches: 0n, models: null });
});

it("is the same however usage is divided into sums", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(1e6), fc.nat(1e6), fc.nat(1e6)), { minLength: 1 }), (parts) => {
      const all = parts.map(([fresh, cached, output]) =>
        used({ inputTokens: fresh + cached, cachedTokens: cached, outputTokens: output, amountPicoUsd: 0n }),
      );
      const sum = (of: (one: UsageTokens) => number) => all.reduce((total, one) => total + of(one), 0);
      const together = used({
        inputTokens: sum((one) => one.inputTokens),
        cachedTokens: sum((one) => one.cachedTokens),
        outputTokens: sum((one) => one.outputTokens),
        amountPicoUsd: 0n,
      });
      expect(savings(all, books, now)).toEqual(savings([together], books, now));
    }),
  );
});
