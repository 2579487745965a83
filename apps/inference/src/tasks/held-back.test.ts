import { expect, it } from "vitest";
import { heldBack, mostShippedADay } from "./held-back.ts";

const now = Date.parse("2026-11-24T12:00:00Z");
const hour = 3_600_000;

/** The newest first, an hour apart. */
function releases(...all: readonly { plan: number; by?: string; action?: string; share?: number }[]) {
  return all.map(({ action = "ship", by = "system", plan, share = 100 }, i) => ({
    ...{ plan, share, action, createdBy: by, createdAt: new Date(now - (i + 1) * hour) },
  }));
}

it("lets the rule ship what it has not shipped before", () => {
  expect(heldBack(releases({ plan: 1, by: "user" }), 2, now)).toBeUndefined();
  expect(heldBack(releases({ plan: 2 }, { plan: 1, by: "user" }), 3, now)).toBeUndefined();
});

it("stops a rule that would ship in a circle, and says so", () => {
  // 1 → 2 by the rule, and now back to 1: two plans that are as good as each other.
  expect(heldBack(releases({ plan: 2 }, { plan: 1, by: "user" }), 1, now)).toMatch(/circle/);
  // A day later it may be better for good.
  const old = releases({ plan: 2 }, { plan: 1, by: "user" }).map((one) => ({
    ...one,
    createdAt: new Date(one.createdAt.getTime() - 30 * hour),
  }));
  expect(heldBack(old, 1, now)).toBeUndefined();
  // What a person chose instead, the rule may replace again.
  expect(heldBack(releases({ plan: 2, by: "user" }, { plan: 1 }), 1, now)).toBeUndefined();
});

it("limits how often it ships, and counts a canary that got all requests once", () => {
  const canary = [
    { plan: 2, share: 100 },
    { plan: 2, share: 10 },
  ];
  expect(heldBack(releases(...canary, { plan: 1, by: "user" }), 3, now)).toBeUndefined();
  const many = Array.from({ length: mostShippedADay }, (_, i) => ({ plan: 9 - i }));
  expect(heldBack(releases(...many, { plan: 1, by: "user" }), 20, now)).toMatch(/3 times within a day/);
});

it("never ships again what live traffic stopped", () => {
  const stopped = releases({ plan: 1, action: "stop" }, { plan: 2, share: 10 }, { plan: 1, by: "user" });
  expect(heldBack(stopped, 2, now)).toMatch(/stopped plan 2/);
});
