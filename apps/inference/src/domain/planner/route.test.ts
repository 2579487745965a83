import { seededRandom } from "@tugboat/statistics";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { figuresOf, type Goal, type Measured } from "./figures.ts";
import { routed, routeOf, routerOf, type Sight } from "./route.ts";

const goal: Goal = { prefer: "cost", confidence: 0.8, require: {} };

/** Inputs of two kinds that an embedding tells apart; the small way knows one kind, the large one both. */
function world(seed: number, told: boolean) {
  const random = seededRandom(seed);
  const part = (n: number) => {
    const kinds = Array.from({ length: n }, () => random() < 0.6);
    const answer = (right: number, ms: number): Measured => ({
      score: random() < right ? 1 : 0,
      latencyMs: ms,
      costMicroUsd: ms,
      confidence: null,
    });
    const sights = kinds.map(
      (easy): Sight => ({
        vector: Array.from({ length: 8 }, (_, i) => (i === 0 && told ? (easy ? 2 : -2) : 0) + random() - 0.5),
        latencyMs: 2,
        costMicroUsd: 2,
      }),
    );
    return {
      first: kinds.map((easy) => answer(easy ? 0.95 : 0.2, 10)),
      second: kinds.map(() => answer(0.93, 100)),
      sights,
    };
  };
  const [calibration, heldOut] = [part(30), part(50)];
  return {
    first: { calibration: calibration.first, heldOut: heldOut.first },
    second: { calibration: calibration.second, heldOut: heldOut.second },
    sights: { calibration: calibration.sights, heldOut: heldOut.sights },
  };
}

describe("a route", () => {
  it("costs half and keeps the quality where the input says which way is enough", () => {
    let made = 0;
    let cost = 0;
    let lost = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const { first, second, sights } = world(seed, true);
      const route = routeOf(first, second, sights, goal);
      if (route === undefined) continue;
      made++;
      const large = figuresOf(second.heldOut, goal);
      cost += route.figures.costPer1kUsd / large.costPer1kUsd;
      lost += large.score - route.figures.score;
    }
    expect(made).toBeGreaterThan(7);
    expect(cost / made).toBeLessThan(0.6);
    expect(lost / made).toBeLessThan(0.03);
  });

  it("promises nothing where the input says nothing: its figures are of examples that it did not see", () => {
    let gained = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const { first, second, sights } = world(seed, false);
      const route = routeOf(first, second, sights, goal);
      if (route === undefined) continue;
      const [one, two] = [figuresOf(first.heldOut, goal), figuresOf(second.heldOut, goal)];
      // By chance alone it is a mixture of both.
      const mixed = route.first * one.score + (1 - route.first) * two.score;
      gained += route.figures.score - mixed;
    }
    expect(Math.abs(gained / 12)).toBeLessThan(0.05);
  });

  it("is not made of too few examples, or of a first that is always or never enough", () => {
    const { first, second, sights } = world(3, true);
    const few = <T>({ calibration, heldOut }: { calibration: readonly T[]; heldOut: readonly T[] }) => ({
      calibration: calibration.slice(0, 3),
      heldOut,
    });
    expect(routeOf(few(first), few(second), few(sights), goal)).toBeUndefined();
    expect(routeOf(second, second, sights, goal)).toBeUndefined();
    expect(routerOf([[1], [2]], [true, true])([5])).toBe(1);
    expect(routerOf([[1], [2]], [false, false])([5])).toBe(0);
  });

  it("answers as one of both, with the time and the cost of having looked", () => {
    const one = fc.record({
      score: fc.constantFrom(0, 1),
      latencyMs: fc.nat(500),
      costMicroUsd: fc.nat(50),
      confidence: fc.constant(null),
    });
    const chance = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(one, one, chance), { minLength: 1, maxLength: 30 }), chance, (rows, threshold) => {
        const sights = rows.map(() => ({ latencyMs: 3, costMicroUsd: 1 }));
        const [first, second] = [rows.map(([a]) => a), rows.map(([, b]) => b)];
        const chances = rows.map(([, , c]) => c);
        routed(first, second, sights, chances, threshold).forEach((made, i) => {
          const asked = chances[i]! >= threshold ? first[i]! : second[i]!;
          expect(made.score).toBe(asked.score);
          expect(made.latencyMs).toBe(asked.latencyMs + 3);
          expect(made.costMicroUsd).toBe(asked.costMicroUsd + 1);
        });
      }),
      { numRuns: 500 },
    );
  });
});
