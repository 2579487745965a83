import { expect, it } from "vitest";
import { tasksAnswer, usd } from "./words.ts";

it("says money to two digits that count", () => {
  expect([0, 0.0094, 0.5, 12].map(usd)).toEqual(["$0", "$0.0094", "$0.50", "$12.00"]);
});

it("says first what serves and what waits", () => {
  expect(tasksAnswer([])).toBe("Say what you want; Tugboat finds how.");
  expect(tasksAnswer([{ plan: null, proposals: 0 }])).toBe("1 task declared, none serves yet.");
  expect(
    tasksAnswer([
      { plan: 2, proposals: 1 },
      { plan: null, proposals: 0 },
    ]),
  ).toBe("1 of 2 tasks serves; 1 better plan waits for your yes.");
});
