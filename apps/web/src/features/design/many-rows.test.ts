import { expect, it } from "vitest";
import { loadSamples } from "./many-rows.ts";

it("answers any page of 100,000 rows, filtered and sorted, and the same every time", async () => {
  const request = { offset: 99_900, limit: 100, filter: "", order: undefined };
  const page = await loadSamples(request);
  expect([page.rows.length, page.total, page.rows.at(-1)?.id]).toEqual([100, 100_000, "req-100000"]);
  expect(await loadSamples(request)).toEqual(page);
  const order = { column: "tokens", direction: "descending" } as const;
  const filtered = await loadSamples({ offset: 0, limit: 3, filter: "nano cancelled", order });
  expect(filtered.count).toBeLessThan(100_000);
  expect(filtered.rows.every(({ model, outcome }) => model === "tug-nano" && outcome === "cancelled")).toBe(true);
  const tokens = filtered.rows.map((row) => row.tokens);
  expect(tokens).toEqual([...tokens].sort((a, b) => b - a));
});
