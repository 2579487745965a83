import { seededRandom } from "@tugboat/statistics";
import fc from "fast-check";
import { expect, it } from "vitest";
import { figuresOf, type Goal, type Measured } from "./figures.ts";
import { type RaceInput, raceOn, rungsFor } from "./race.ts";

const predicted = { ms: 1, guessedMs: 1, microUsd: 0, score: 0.5, inputTokens: 1, outputTokens: 1 };

interface World {
  readonly goal: Goal;
  readonly truth: readonly { readonly quality: number; readonly ms: number }[];
  readonly examples: number;
  readonly seed: number;
}

const world: fc.Arbitrary<World> = fc.record({
  goal: fc.record({
    prefer: fc.constantFrom("quality", "latency", "cost"),
    confidence: fc.constantFrom(0.8, 0.95),
    require: fc.record({ quality: fc.double({ min: 0.3, max: 0.95, noNaN: true }) }, { requiredKeys: [] }),
  }),
  truth: fc.array(
    fc.record({
      quality: fc.double({ min: 0, max: 1, noNaN: true }),
      ms: fc.double({ min: 1, max: 2000, noNaN: true }),
    }),
    { minLength: 1, maxLength: 24 },
  ),
  examples: fc.integer({ min: 1, max: 80 }),
  seed: fc.nat(),
});

/** Races to the end, answering as the truth says; tells how many answers it took. */
function raced({ examples, goal, seed, truth }: World) {
  const random = seededRandom(seed);
  const order = Array.from({ length: examples }, (_, i) => `e${i}`);
  const candidates = truth.map((_, i) => ({ key: `c${i}`, name: `way ${i}`, predicted }));
  const results = new Map<string, Map<string, Measured>>();
  // How hard an example is counts for all: their answers go together, as those of real models do.
  const hard = new Map(order.map((one) => [one, random()]));
  let asked = 0;
  for (;;) {
    const input: RaceInput = { candidates, order, results, goal };
    const race = raceOn(input);
    if (race.next.length === 0) return { race, results, asked, order, candidates };
    for (const { candidate, examples } of race.next) {
      const { ms, quality } = truth[Number(candidate.slice(1))]!;
      const mine = results.get(candidate) ?? new Map<string, Measured>();
      results.set(candidate, mine);
      for (const one of examples) {
        expect(mine.has(one)).toBe(false);
        const draw = 0.5 * hard.get(one)! + 0.5 * random();
        mine.set(one, {
          score: draw < quality ? 1 : 0,
          latencyMs: ms * (0.8 + 0.4 * random()),
          costMicroUsd: ms,
          confidence: null,
        });
        asked++;
      }
    }
  }
}

it("ends, asks nothing twice, and measures whoever is left on everything", () => {
  fc.assert(
    fc.property(world, (one) => {
      const { asked, candidates, order, race, results } = raced(one);
      expect(race.alive.length).toBeGreaterThan(0);
      for (const key of race.alive) expect(results.get(key)?.size).toBe(order.length);
      expect(race.alive.length + race.out.size).toBe(candidates.length);
      expect(asked).toBeLessThanOrEqual(candidates.length * order.length);
      for (const { after, why } of race.out.values()) {
        expect(after).toBeLessThan(order.length);
        expect(why).not.toBe("");
      }
    }),
    { numRuns: 1500 },
  );
});

it("asks for the same, whatever of it was known before", () => {
  fc.assert(
    fc.property(world, fc.nat(), (one, cut) => {
      const { candidates, order, results } = raced(one);
      const whole = raceOn({ candidates, order, results, goal: one.goal });
      const left = candidates[cut % candidates.length]!.key;
      const partly = new Map(
        [...results].map(([key, mine]) => [key, key === left ? new Map([...mine].slice(0, 3)) : mine]),
      );
      const { next } = raceOn({ candidates, order, results: partly, goal: one.goal });
      for (const { candidate, examples } of next) {
        expect(candidate).toBe(left);
        for (const example of examples) expect(results.get(left)?.has(example)).toBe(true);
      }
      expect(raceOn({ candidates, order, results, goal: one.goal })).toEqual(whole);
    }),
    { numRuns: 500 },
  );
});

it("finds a way that stands out, with less than half of all answers", () => {
  const random = seededRandom(7);
  let found = 0;
  let asked = 0;
  let all = 0;
  const worlds = 300;
  for (let round = 0; round < worlds; round++) {
    const truth = Array.from({ length: 16 }, (_, i) => ({
      quality: i === 3 ? 0.92 : 0.25 + 0.5 * random(),
      ms: 50 + 400 * random(),
    }));
    const goal: Goal = { prefer: "quality", confidence: 0.8, require: { latencyP95Ms: 5000 } };
    const one = raced({ goal, truth, examples: 40, seed: round });
    asked += one.asked;
    all += 16 * 40;
    const best = one.race.alive
      .map((key) => ({ key, score: figuresOf([...one.results.get(key)!.values()], goal).score }))
      .sort((a, b) => b.score - a.score)[0];
    if (best?.key === "c3") found++;
  }
  expect(found / worlds).toBeGreaterThan(0.93);
  expect(asked / all).toBeLessThan(0.5);
});

it("grows its rounds up to all examples", () => {
  for (let n = 1; n < 300; n++) {
    const rungs = rungsFor(n);
    expect(rungs.at(-1)).toBe(n);
    expect([...rungs].sort((a, b) => a - b)).toEqual(rungs);
    expect(new Set(rungs).size).toBe(rungs.length);
  }
});
