import fc from "fast-check";
import { expect, it } from "vitest";
import { usageEvent } from "../../testing/usage.ts";
import { wholeHours } from "./range.ts";
import { usageReport } from "./report.ts";
import { foldEvents, foldHours } from "./rollup.ts";

const organizationId = "018f0000-0000-7000-8000-000000000001";
const from = new Date("2026-02-26T00:00:00Z");
const to = new Date("2026-03-02T00:00:00Z");

const events = fc.array(
  fc
    .record({
      at: fc.date({ min: from, max: new Date(to.getTime() - 1), noInvalidDate: true }),
      model: fc.constantFrom("a", "b", "c"),
      inputTokens: fc.nat(1000),
      outputTokens: fc.nat(1000),
      amountPicoUsd: fc.bigInt({ min: 0n, max: 10n ** 15n }),
      status: fc.constantFrom("done" as const, "aborted" as const, "error" as const),
    })
    .map((given) => usageEvent(organizationId, given)),
  { maxLength: 60 },
);

it("has groups and steps that each sum to the total, and the total is the events'", () => {
  fc.assert(
    fc.property(events, (list) => {
      const { total, groups, series } = usageReport(foldEvents(list), { from, to, by: "model" });
      expect(total.requests).toBe(list.length);
      expect(total.costPicoUsd).toBe(list.reduce((sum, { amountPicoUsd }) => sum + amountPicoUsd, 0n));
      for (const parts of [groups, series]) {
        expect(parts.reduce((sum, one) => sum + one.costPicoUsd, 0n)).toBe(total.costPicoUsd);
        expect(parts.reduce((sum, one) => sum + one.inputTokens, 0)).toBe(total.inputTokens);
        expect(parts.reduce((sum, one) => sum + one.failed + one.aborted, 0)).toBe(total.failed + total.aborted);
      }
      expect(series).toHaveLength(4);
    }),
    { numRuns: 50 },
  );
});

it("is the same however the events were batched and folded", () => {
  fc.assert(
    fc.property(events, fc.nat(60), (list, cut) => {
      const batches = [...foldEvents(list.slice(0, cut)), ...foldEvents(list.slice(cut))];
      const options = { from, to, by: "day" } as const;
      expect(usageReport(batches, options)).toEqual(usageReport(foldEvents(list), options));
      expect(usageReport(foldHours(batches), options)).toEqual(usageReport(foldEvents(list), options));
    }),
    { numRuns: 50 },
  );
});

it("covers whole hours, by default of the last 30 days", () => {
  const now = new Date("2026-03-01T10:20:00Z");
  expect(wholeHours(undefined, undefined, now)).toEqual({
    from: new Date("2026-01-30T10:00:00Z"),
    to: new Date("2026-03-01T11:00:00Z"),
  });
  expect(wholeHours(new Date("2026-03-01T09:59:59Z"), new Date("2026-03-01T10:00:00Z"), now)).toEqual({
    from: new Date("2026-03-01T09:00:00Z"),
    to: new Date("2026-03-01T10:00:00Z"),
  });
});
