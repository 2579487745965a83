import { describe, expect, it } from "vitest";
import { coverage, falseDriftAlarms, intervalTrials, nullTrials, peeking, underTheNull } from "./simulations.ts";

/**
 * At a reduced size: docs/statistics.md has the whole. Seeds are fixed, so these figures never change; the bounds are
 * 93 to 97 % with room for the chance in 600 data sets (± 1.8 points, twice its standard error).
 */
describe.each(intervalTrials)("$name", (trial) => {
  it.each([20, 50, 200])("holds the truth 95 times in 100 with %i examples", (n) => {
    const held = coverage(trial, n, 600);
    expect(held).toBeGreaterThan(0.93 - 0.018);
    expect(held).toBeLessThan(0.97 + 0.018);
  });
});

describe.each(nullTrials)("$name", (trial) => {
  it.each([20, 200])("has uniform p-values when nothing is different, with %i examples", (n) => {
    const { p, upTo } = underTheNull(trial, n, 600);
    if (!trial.discrete) expect(p).toBeGreaterThan(0.01);
    for (const { level, share } of upTo)
      expect(share).toBeLessThan(level + 2.6 * Math.sqrt((level * (1 - level)) / 600));
  });
});

it("holds its level while somebody looks after every example, which a plain test doesn't", () => {
  const alarms = peeking(150, 400);
  expect(alarms.bets).toBeLessThan(0.05 + 0.022);
  expect(alarms.wins).toBeLessThan(0.05 + 0.022);
  expect(alarms.naive).toBeGreaterThan(0.15);
});

it("alarms of drift falsely as seldom as promised", () => {
  const length = falseDriftAlarms(200, 300);
  expect(length).toBeGreaterThan(170);
  expect(length).toBeLessThan(240);
});
