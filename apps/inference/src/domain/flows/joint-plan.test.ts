import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bindingOf, compareFigures, missesOf, type PlannedStep, planJointly, predict } from "./joint-plan.ts";

const way = (name: string, quality: number, latencyMs: number, costMicroUsd: number) => ({
  name,
  quality,
  latencyMs,
  costMicroUsd,
});

/** Finding decides of the quality, reading of the time and the money. */
const steps: PlannedStep[] = [
  { step: "find", needs: [], ways: [way("words", 0.6, 10, 0), way("hybrid", 0.9, 40, 1)] },
  { step: "read", needs: ["find"], ways: [way("rule", 0.6, 5, 0), way("model", 0.62, 900, 40)] },
  { step: "answer", needs: ["read"], ways: [way("quote", 0.6, 2, 0)] },
];
const require = { quality: 0.85, latencyP95Ms: 100, costPer1kUsd: 0.01 };

describe("planning jointly", () => {
  it("holds what none of the single defaults does", () => {
    for (const read of [0, 1]) {
      const choices = { find: read, read };
      expect(Object.keys(missesOf(predict(steps, choices), require)).length).toBeGreaterThan(0);
    }
    const [best] = planJointly({ steps, require, prefer: "quality" });
    expect(best).toMatchObject({ choices: { find: 1, read: 0 }, misses: {} });
    expect(best?.predicted).toMatchObject({ latencyMs: 47, costMicroUsd: 1 });
    expect(best?.predicted.quality).toBeCloseTo(0.9);
  });

  it("says which step binds, and what its other way would give", () => {
    const choices = { find: 1, read: 0 };
    const problem = { steps, require, prefer: "quality" } as const;
    expect(bindingOf(problem, choices, predict(steps, choices))).toMatchObject({
      requirement: "quality",
      step: "read",
    });
    const slow = { find: 1, read: 1 };
    expect(bindingOf(problem, slow, predict(steps, slow))).toMatchObject({
      requirement: "latencyMs",
      step: "read",
      way: "rule",
      could: 47,
    });
    expect(bindingOf({ ...problem, require: {} }, choices, predict(steps, choices))).toBeUndefined();
  });

  it("counts the time of steps beside each other once", () => {
    const beside = steps.map((one) => ({ ...one, needs: [] }));
    expect(predict(beside, { find: 1, read: 1 }).latencyMs).toBe(900);
  });

  const figure = fc.record({
    name: fc.constant("x"),
    quality: fc.double({ min: 0.05, max: 1, noNaN: true }),
    latencyMs: fc.integer({ min: 1, max: 1000 }),
    costMicroUsd: fc.integer({ min: 0, max: 100 }),
  });
  const problems = fc.record({
    ways: fc.array(fc.array(figure, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
    floor: fc.double({ min: 0.1, max: 1, noNaN: true }),
    ceiling: fc.integer({ min: 10, max: 3000 }),
    prefer: fc.constantFrom("quality", "latency", "cost" as const),
  });

  it("finds what a search through all combinations finds", () => {
    fc.assert(
      fc.property(problems, ({ ceiling, floor, prefer, ways }) => {
        const all: PlannedStep[] = ways.map((some, i) => ({
          step: `s${i}`,
          needs: i > 0 && i % 2 === 0 ? [`s${i - 1}`] : [],
          // The first ways are one and the same flow.
          ways: some.map((one, k) => ({ ...one, quality: k === 0 ? 0.5 : one.quality })),
        }));
        const wanted = { quality: floor, latencyP95Ms: ceiling };
        const [best] = planJointly({ steps: all, require: wanted, prefer });
        let count = 1;
        for (const { ways: some } of all) count *= some.length;
        for (let n = 0; n < count; n++) {
          let rest = n;
          const choices: Record<string, number> = {};
          for (const { step, ways: some } of all) {
            choices[step] = rest % some.length;
            rest = Math.floor(rest / some.length);
          }
          const other = predict(all, choices);
          expect(compareFigures(best!.predicted, other, wanted, prefer)).toBeLessThanOrEqual(1e-9);
        }
      }),
      { numRuns: 100 },
    );
  });
});
