import { describe, expect, it } from "vitest";
import { normalRandom, seededRandom } from "./random.ts";
import { selfStarting, selfStartingStep } from "./self-starting.ts";

const settings = { runLength: 200, leastDeviation: 0.05 };
const most = 4000;

/** Values until an alarm, of `next`, which knows how many came before. */
function runLength(next: (at: number) => number): { at: number; alarm: "up" | "down" | undefined } {
  let state = selfStarting;
  for (let at = 1; at <= most; at++) {
    const step = selfStartingStep(state, next(at), settings);
    if (step.alarm !== undefined) return { at, alarm: step.alarm };
    state = step.state;
  }
  return { at: most, alarm: undefined };
}

const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;

describe("a self-starting cumulative sum", () => {
  // Shares of right answers among twenty, as the product sums them up: for these the law is only nearly a normal one.
  const shares = (random: () => number, p: number) => mean(Array.from({ length: 20 }, () => (random() < p ? 1 : 0)));

  it("alarms falsely no more often than it says, within what is left to chance", () => {
    const random = seededRandom(7);
    const average = (next: () => number) => mean(Array.from({ length: 300 }, () => runLength(next).at));
    expect(average(() => 0.8 + 0.1 * normalRandom(random))).toBeGreaterThan(170);
    for (const right of [0.5, 0.8, 0.9, 0.95]) {
      expect(
        average(() => shares(random, right)),
        `${right}`,
      ).toBeGreaterThan(165);
    }
  });

  it("finds a fall soon, and says which way", () => {
    const random = seededRandom(8);
    const found = Array.from({ length: 200 }, () => runLength((at) => shares(random, at <= 40 ? 0.9 : 0.6)));
    const late = found.filter(({ at }) => at > 40);
    expect(late.length).toBeGreaterThan(140);
    expect(mean(late.map(({ at }) => at - 40))).toBeLessThan(10);
    expect(late.filter(({ alarm }) => alarm === "down").length / late.length).toBeGreaterThan(0.95);
  });

  it("is not upset by values that are all the same, until one is not", () => {
    expect(runLength(() => 1).alarm).toBeUndefined();
    expect(runLength((at) => (at < 30 ? 1 : 0.5))).toMatchObject({ alarm: "down" });
  });
});
