import { expect, it } from "vitest";
import { narrowing, noFilters, readFilters, toQuery, writeFilters } from "./filters.ts";

const key = "0190f6a2-7c1e-7b3d-9f00-123456789012";

it("are in the address as they are chosen, and come back from it", () => {
  const chosen = { ...noFilters, range: "7d", text: "late order", status: "error", slower: "250", key } as const;
  expect(readFilters(new URLSearchParams(writeFilters(chosen)))).toEqual(chosen);
  expect(narrowing(chosen)).toBe(4);
  expect(writeFilters(noFilters)).toBe("");
});

it("that make no sense are left out", () => {
  expect(readFilters(new URLSearchParams("range=1y&status=odd&slower=fast&dearer=-1"))).toEqual(noFilters);
});

it("are asked for in the service's terms", () => {
  const now = Date.UTC(2026, 10, 23, 12, 0, 30);
  expect(toQuery({ ...noFilters, range: "1h", dearer: "0.01", key: "no id" }, now)).toEqual({
    from: "2026-11-23T11:00:00.000Z",
    minCostMicroUsd: 10_000,
  });
});
