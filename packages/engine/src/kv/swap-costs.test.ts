import { expect, it } from "vitest";
import { SwapCosts } from "./swap-costs.ts";

it("copies what is surely wanted where that is quicker than computing it again", () => {
  const costs = new SwapCosts();
  // Nothing is known: it is tried.
  expect(costs.isWorthSaving(true)).toBe(true);
  costs.observeRead(160, 100);
  costs.observeSaved(2, 4);
  costs.observeLoaded(2, 4);
  // 10 ms to compute a block, 4 ms to copy it there and back.
  expect(costs.isWorthSaving(true)).toBe(true);
  expect(costs.isWorthLoading()).toBe(true);
  for (let i = 0; i < 40; i++) costs.observeLoaded(1, 20);
  expect(costs.isWorthSaving(true)).toBe(false);
  expect(costs.isWorthLoading()).toBe(false);
});

it("copies what may not be wanted again only while enough of it is", () => {
  const costs = new SwapCosts();
  costs.observeRead(16, 10);
  costs.observeSaved(10, 40);
  costs.observeLoaded(5, 0);
  expect(costs.isWorthSaving(false)).toBe(true);
  for (let i = 0; i < 20; i++) costs.observeSaved(1, 4);
  expect(costs.isWorthSaving(false)).toBe(false);
  expect(costs.isWorthSaving(true)).toBe(true);
});
