import { expect, it } from "vitest";
import { placeCard } from "./place-card.ts";

const wide = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };
const card = { width: 340, height: 200 };

it("stands below what it points at, or above where there is no room", () => {
  expect(placeCard({ top: 100, left: 300, width: 400, height: 200 }, card, wide)).toEqual({ top: 312, left: 300 });
  expect(placeCard({ top: 760, left: 300, width: 700, height: 120 }, card, wide)).toEqual({ top: 548, left: 300 });
});

it("stays on the screen", () => {
  expect(placeCard({ top: 20, left: 1380, width: 50, height: 30 }, card, wide)).toEqual({ top: 62, left: 1088 });
  expect(placeCard({ top: 0, left: 0, width: 1440, height: 900 }, card, wide)).toEqual({ top: 688, left: 12 });
  expect(placeCard(undefined, card, wide)).toEqual({ top: 688, left: 1088 });
});

it("on a phone fills the width at the edge away from what it points at", () => {
  expect(placeCard({ top: 700, left: 16, width: 358, height: 100 }, card, phone)).toEqual({ top: 60, left: 12 });
  expect(placeCard({ top: 700, left: 16, width: 358, height: 100 }, card, phone, "above")).toEqual({
    top: 488,
    left: 12,
  });
  expect(placeCard({ top: 80, left: 16, width: 358, height: 100 }, card, phone)).toEqual({ top: 632, left: 12 });
});
