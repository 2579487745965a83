import { seededRandom } from "@tugboat/statistics";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { adviceFor, examplesNeeded } from "./advice.ts";
import { candidateSpace } from "./candidates.ts";
import { cascadeOf, joined } from "./cascade.ts";
import { type ModelFacts, modelError, type TaskFacts } from "./cost-model.ts";
import { compareFigures, figuresOf, type Goal, type Measured } from "./figures.ts";
import { stepKey } from "./plan.ts";

const goal: Goal = { prefer: "cost", confidence: 0.8, require: { quality: 0.8, latencyP95Ms: 400 } };
const task: TaskFacts = {
  shape: "labels-6",
  labels: ["billing", "bug", "other"],
  examples: 30,
  inputTokens: 20,
  outputTokens: 2,
  instructionTokens: 12,
};
const basis = { words: "w", learnt: "l" };

function model(name: string, more: Partial<ModelFacts> = {}): ModelFacts {
  return {
    name,
    kind: "model",
    parameters: 15e6,
    contextLength: 512,
    prefillTps: 2000,
    decodeTps: 200,
    price: null,
    fits: true,
    tunedWith: null,
    ...more,
  };
}

function space(models: readonly ModelFacts[], records: Parameters<typeof candidateSpace>[0]["records"] = []) {
  return candidateSpace({ models, task, goal, records, basis, embedders: models.map(({ name }) => name) });
}

describe("candidates", () => {
  it("are told apart by all that their answers depend on", () => {
    const { candidates } = space([model("a"), model("b")]);
    expect(new Set(candidates.map(({ key }) => key)).size).toBe(candidates.length);
    const few = candidates.find(({ step }) => step.kind === "prompt" && step.shots === 0)!;
    const shown = candidates.find(({ step }) => step.kind === "prompt" && step.shots === 4)!;
    const other = { words: "w", learnt: "others" };
    expect(stepKey(few.step, other)).toBe(few.key);
    expect(stepKey(shown.step, other)).not.toBe(shown.key);
  });

  it("leave out what can't be, with the measured speed as the reason", () => {
    const { candidates, notTried } = space([
      model("fast"),
      model("slow", { prefillTps: 30, decodeTps: 9 }),
      model("huge", { fits: false }),
    ]);
    expect(new Set(candidates.map(({ step }) => step.model))).toEqual(new Set(["fast"]));
    expect(notTried.find(({ name }) => name === "slow")?.why).toMatch(
      /^cannot meet the latency on this device: 9\.0 tok\/s measured/,
    );
    expect(notTried.find(({ name }) => name === "huge")?.why).toMatch(/memory/);
  });

  it("leave out what has no room for its shots", () => {
    const { notTried } = space([model("narrow", { contextLength: 120 })]);
    expect(notTried.some(({ name, why }) => name.includes("8-shot") && why.includes("has room for 120"))).toBe(true);
  });

  it("are fewer once tasks of this kind have shown what each is worth", () => {
    const models = [model("a"), model("b"), model("c")];
    const record = (name: string, family: string, shots: number, score: number) => ({
      taskId: "t",
      shape: "labels-6",
      model: name,
      family,
      shots,
      examples: 40,
      guessedMs: 20,
      predictedMs: 20,
      measuredMs: 40,
      predictedScore: 0.5,
      measuredScore: score,
      predictedMicroUsd: 0,
      measuredMicroUsd: 0,
    });
    const history = models.flatMap(({ name }) =>
      [0, 1, 2].flatMap(() => [
        record(name, "linear", 0, 0.9),
        record(name, "nearest", 0, 0.85),
        record(name, "prompt", 0, 0.3),
        record(name, "prompt", 4, 0.32),
        record(name, "prompt", 8, 0.31),
      ]),
    );
    const cold = space(models);
    const warm = space(models, history);
    expect(warm.candidates.length).toBeLessThan(cold.candidates.length * 0.7);
    expect(warm.candidates.some(({ step }) => step.kind === "linear")).toBe(true);
    expect(warm.notTried.some(({ why }) => why.includes("behind the usual way"))).toBe(true);
    // Twice as slow as predicted until now: it is predicted twice as slow.
    const time = (one: typeof cold) =>
      one.candidates.find(({ name }) => name === "linear classifier (a)")!.predicted.ms;
    expect(time(warm) / time(cold)).toBeGreaterThan(1.5);
    expect(modelError(history).latencyPercent).toBe(50);
  });
});

describe("a cascade", () => {
  const answersOf = (n: number, random: () => number, quality: number, ms: number, knows: boolean): Measured[] =>
    Array.from({ length: n }, () => {
      const score = random() < quality ? 1 : 0;
      return {
        score,
        latencyMs: ms,
        costMicroUsd: ms,
        confidence: knows ? (score === 1 ? 0.6 + 0.4 * random() : 0.7 * random()) : random(),
      };
    });

  it("saves much and gives up little where the small one knows what it does not know", () => {
    const random = seededRandom(5);
    let made = 0;
    let cost = 0;
    let lost = 0;
    for (let round = 0; round < 500; round++) {
      const small = {
        calibration: answersOf(40, random, 0.8, 10, true),
        heldOut: answersOf(60, random, 0.8, 10, true),
      };
      const large = {
        calibration: answersOf(40, random, 0.92, 100, true),
        heldOut: answersOf(60, random, 0.92, 100, true),
      };
      const cascade = cascadeOf(small, large, goal);
      if (cascade === undefined) continue;
      made++;
      cost += cascade.figures.costPer1kUsd / figuresOf(large.heldOut, goal).costPer1kUsd;
      lost += figuresOf(large.heldOut, goal).score - cascade.figures.score;
    }
    expect(made).toBeGreaterThan(450);
    expect(cost / made).toBeLessThan(0.6);
    expect(lost / made).toBeLessThan(0.01);
  });

  it("is what its parts answered, whatever they answered", () => {
    const one = fc.record({
      score: fc.constantFrom(0, 1),
      latencyMs: fc.nat(500),
      costMicroUsd: fc.nat(50),
      confidence: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(one, one), { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (pairs, threshold) => {
          const [first, second] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
          joined(first, second, threshold).forEach((made, i) => {
            const alone = first[i]!.confidence !== null && first[i]!.confidence! >= threshold;
            expect(made.score).toBe(alone ? first[i]!.score : second[i]!.score);
            expect(made.latencyMs).toBe(first[i]!.latencyMs + (alone ? 0 : second[i]!.latencyMs));
          });
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("the choice", () => {
  const measured = (rights: number, n: number, ms: number): Measured[] =>
    Array.from({ length: n }, (_, i) => ({
      score: i < rights ? 1 : 0,
      latencyMs: ms * (0.9 + (0.2 * i) / n),
      costMicroUsd: ms,
      confidence: null,
    }));

  it("goes by bounds: 54 of 60 hold 0.85 at four chances in five, 9 of 10 do not", () => {
    const floor: Goal = { prefer: "cost", confidence: 0.8, require: { quality: 0.85 } };
    expect(figuresOf(measured(54, 60, 100), floor).meets).toBe(true);
    expect(figuresOf(measured(9, 10, 100), floor).meets).toBe(false);
  });

  it("takes the cheapest of what meets everything, and the nearest when nothing does", () => {
    const [cheap, dear, wrong] = [measured(56, 60, 50), measured(60, 60, 200), measured(20, 60, 1)].map((one) =>
      figuresOf(one, goal),
    );
    expect([wrong, dear, cheap].sort((a, b) => compareFigures(a!, b!, "cost"))).toEqual([cheap, dear, wrong]);
  });

  it("says how many examples a floor needs, and that more help where they would", () => {
    const figures = figuresOf(measured(9, 10, 100), { prefer: "cost", confidence: 0.8, require: { quality: 0.85 } });
    const more = examplesNeeded(0.9, 0.85, 10, 0.8)!;
    expect(more).toBeGreaterThan(20);
    expect(
      figuresOf(measured(Math.round(0.9 * (10 + more)), 10 + more, 100), {
        prefer: "cost",
        confidence: 0.8,
        require: { quality: 0.85 },
      }).meets,
    ).toBe(true);
    expect(adviceFor(figures, [figures], { measure: "accuracy", confidence: 0.8 })[0]).toMatch(
      /^accuracy 0\.85 needs about \d+ more held-out examples/,
    );
    expect(examplesNeeded(0.8, 0.85, 10, 0.8)).toBeUndefined();
  });
});
