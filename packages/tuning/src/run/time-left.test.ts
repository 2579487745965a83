import { expect, it } from "vitest";
import { timeLeft } from "./time-left.ts";

const run = { neededSteps: 100, extraSteps: [40, 40], doneSteps: 0, stepMs: 1000, askMs: 10_000 };

it("counts what has to be trained, and of the rest what the time allows", () => {
  expect(timeLeft({ ...run, leftMs: 120_000 })).toBe(110_000);
  expect(timeLeft({ ...run, leftMs: 200_000 })).toBe(150_000);
  expect(timeLeft({ ...run, leftMs: 600_000 })).toBe(190_000);
});

it("goes on from what is done, into an extra that is begun", () => {
  expect(timeLeft({ ...run, doneSteps: 120, leftMs: 60_000 })).toBe(30_000);
  expect(timeLeft({ ...run, doneSteps: 500, leftMs: 60_000 })).toBe(10_000);
});

it("is never longer than what was allowed", () => {
  expect(timeLeft({ ...run, leftMs: 30_000 })).toBe(30_000);
});
