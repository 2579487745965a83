import { expect, it } from "vitest";
import { forecastMonth } from "./forecast.ts";

const day = (date: number) => Date.UTC(2026, 10, date);
const days = (amounts: Readonly<Record<number, bigint>>) =>
  new Map(Object.entries(amounts).map(([date, amount]) => [day(Number(date)), amount]));
const noon = new Date(Date.UTC(2026, 10, 11, 12));

it("goes on as the days were", () => {
  const steady = days(Object.fromEntries(Array.from({ length: 10 }, (_, at) => [at + 1, 100n])));
  // Nineteen and a half days are left, and today nothing was spent yet.
  expect(forecastMonth(steady, noon)).toEqual({ spent: 1000n, expected: 2950n, low: 2950n, high: 2950n, days: 10 });
});

it("is wider the more days differ, and never below what is spent", () => {
  const wild = forecastMonth(days({ 1: 0n, 2: 1000n, 3: 0n, 4: 0n, 5: 0n, 6: 0n, 7: 0n, 8: 0n, 9: 0n, 10: 0n }), noon);
  expect(wild.low).toBe(wild.spent);
  expect(wild.high).toBeGreaterThan(wild.expected);
});

it("does not guess from two days, nor from none", () => {
  expect(forecastMonth(days({ 9: 5n, 10: 5n }), noon)).toMatchObject({ spent: 10n, expected: 10n, days: 2 });
  expect(forecastMonth(new Map(), noon)).toMatchObject({ spent: 0n, expected: 0n, days: 0 });
});
