import { seededRandom } from "@tugboat/statistics";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitLogistic, nearest, suspectLabels } from "./logistic.ts";
import { stepsAfter } from "./pace.ts";
import { taskKind } from "./task-kind.ts";
import { TimeBudget } from "./time-budget.ts";
import { chosenOf, isBetter, planTrials, survivors } from "./trials.ts";

describe("the plan of trials", () => {
  it("fits the time it is given, and always trains something", () => {
    const input = fc.record({
      width: fc.integer({ min: 64, max: 8192 }),
      examples: fc.integer({ min: 5, max: 5000 }),
      textMs: fc.double({ min: 0.5, max: 5000, noNaN: true }),
      budgetMs: fc.double({ min: 0, max: 3_600_000, noNaN: true }),
    });
    fc.assert(
      fc.property(input, (given) => {
        const { batchSize, rungs, settings } = planTrials(given);
        expect(rungs.length).toBeGreaterThan(0);
        expect([...rungs].sort((a, b) => a - b)).toEqual(rungs);
        let steps = 0;
        let ways = settings.length;
        for (const [i, rung] of rungs.entries()) {
          steps += ways * (rung - (rungs[i - 1] ?? 0));
          ways = Math.max(1, Math.floor(ways / 2));
        }
        const cost = steps * given.textMs * (batchSize + 1);
        if (steps > settings.length) expect(cost).toBeLessThanOrEqual(given.budgetMs * 1.01);
        expect(batchSize).toBeLessThanOrEqual(given.examples);
      }),
    );
  });

  it("tries four ways where there is time, one where there is little", () => {
    expect(planTrials({ width: 384, examples: 36, textMs: 50, budgetMs: 400_000 }).settings).toHaveLength(4);
    expect(planTrials({ width: 384, examples: 36, textMs: 50, budgetMs: 10_000 }).settings).toHaveLength(1);
  });

  it("leaves time for what follows: a training of each part and one of all", () => {
    const plan = planTrials({ width: 384, examples: 48, textMs: 60, budgetMs: 560_000, fitsAfter: 5 });
    const longest = plan.rungs.at(-1)!;
    expect(plan.settings).toHaveLength(4);
    expect((2 + 5) * longest * 60 * (plan.batchSize + 1)).toBeLessThanOrEqual(560_000);
    const after = { wanted: 20, longest: 60, leftMs: 100_000, fits: 5 };
    expect(stepsAfter({ ...after, areTrialsWhole: true, stepMs: 500 })).toBe(20);
    expect(stepsAfter({ ...after, areTrialsWhole: true, stepMs: 1250 })).toBe(16);
    expect(stepsAfter({ ...after, areTrialsWhole: true, stepMs: 9000 })).toBe(10);
    expect(stepsAfter({ ...after, areTrialsWhole: false, stepMs: 500 })).toBe(40);
    expect(stepsAfter({ ...after, areTrialsWhole: false, stepMs: 9000 })).toBe(20);
  });

  it("keeps the better half", () => {
    const results = [
      { id: 1, score: 0.5, loss: 1, excess: 0 },
      { id: 2, score: 0.8, loss: 2, excess: 0 },
      { id: 3, score: 0.8, loss: 1, excess: 0 },
      { id: 4, score: 0.9, loss: 0.1, excess: 1 },
    ];
    expect(survivors(results).map(({ id }) => id)).toEqual([3, 2]);
    expect(survivors(results.slice(0, 1))).toHaveLength(1);
    expect(isBetter(results[2]!, results[1]!)).toBe(true);
  });
});

describe("the choice", () => {
  const at = (steps: number, score: number, noise?: number) => ({ steps, score, loss: 1, excess: 0, noise });

  it("stops early only where that is better by more than luck", () => {
    expect(chosenOf([at(14, 0.136, 0.033), at(28, 0.09, 0.04), at(56, 0.097, 0.016)]).steps).toBe(56);
    expect(chosenOf([at(14, 0.5, 0.05), at(56, 0.1, 0.05)]).steps).toBe(14);
    // What forgot too much is worth less.
    expect(chosenOf([at(28, 0.5, 0.05), { ...at(56, 0.5, 0.05), excess: 0.2 }]).steps).toBe(28);
  });

  it("takes the best where nothing is known of the luck, and the better of the longest", () => {
    expect(chosenOf([at(14, 0.13), at(56, 0.1)]).steps).toBe(14);
    expect(chosenOf([at(14, 0.13), at(56, 0.1, 0.01)]).steps).toBe(14);
    expect(chosenOf([at(56, 0.4, 0.1), { ...at(56, 0.45, 0.1), loss: 2 }]).score).toBe(0.45);
  });
});

describe("the time", () => {
  it("counts what earlier processes spent", () => {
    let now = 1000;
    const budget = new TimeBudget(60_000, 20_000, () => now);
    now += 30_000;
    expect(budget.spentMs).toBe(50_000);
    expect(budget.has(5000, 4000)).toBe(true);
    expect(budget.has(5000, 6000)).toBe(false);
    now += 60_000;
    expect(budget.leftMs).toBe(0);
    // Waiting for room on the disk is nobody's fault.
    now += 5000;
    budget.excuse(5000);
    expect(budget.spentMs).toBe(110_000);
  });
});

describe("plain classifiers", () => {
  const random = seededRandom(5);
  const cloud = (class_: number) =>
    Float32Array.from({ length: 12 }, (_, j) => (j === class_ ? 2 : 0) + (random() - 0.5) * 1.5);
  const classes = Array.from({ length: 90 }, (_, i) => i % 3);
  const vectors = classes.map(cloud);

  it("tell clouds apart that they never saw", () => {
    const classify = fitLogistic(vectors.slice(0, 60), classes.slice(0, 60), 3);
    const right = vectors.slice(60).filter((vector, i) => classify(vector) === classes[60 + i]).length;
    expect(right).toBeGreaterThanOrEqual(28);
    expect(classes[nearest(vectors, cloud(1))]).toBe(1);
  });

  it("find labels that are wrong", () => {
    const spoilt = classes.map((label, i) => (i === 7 || i === 40 ? (label + 1) % 3 : label));
    const found = suspectLabels(vectors, spoilt, 3).map(({ index }) => index);
    expect(found).toEqual(expect.arrayContaining([7, 40]));
    expect(found.length).toBeLessThan(8);
  });
});

it("tells labels from text", () => {
  const rows = (outputs: string[]) => outputs.map((output) => ({ output }));
  expect(taskKind(rows(["a", "b", "a", "b"]))).toBe("labels");
  expect(taskKind(rows(["One answer.", "Another one.", "A third."]))).toBe("text");
  expect(taskKind(rows(Array.from({ length: 20 }, (_, i) => `${"long ".repeat(20)}${i % 2}`)))).toBe("text");
});
