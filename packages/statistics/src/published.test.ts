import { describe, expect, it } from "vitest";
import { bradleyTerry } from "./bradley-terry.ts";
import { cusumAlarm, cusumRunLength, cusumStart, cusumStep, cusumThreshold } from "./cusum.ts";
import { holm } from "./holm.ts";
import { cohenKappa } from "./kappa.ts";
import { krippendorffAlpha } from "./krippendorff.ts";
import { pairedShares } from "./mcnemar.ts";
import { luck } from "./odds.ts";
import { detectable, discordantDeviation, examplesNeeded, powerOf } from "./power.ts";
import { predictionPoweredMean } from "./prediction-powered.ts";
import { Bets, logEvidenceOfWins } from "./sequential.ts";
import { wilson } from "./wilson.ts";

describe("intervals", () => {
  it("of shares are Newcombe's (1998, table I, method 3)", () => {
    for (const [hits, count, low, high] of [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const) {
      expect(wilson(hits, count).low).toBeCloseTo(low, 4);
      expect(wilson(hits, count).high).toBeCloseTo(high, 4);
    }
    expect(wilson(0, 0)).toEqual({ score: 0, low: 0, high: 1 });
  });

  it("of differences of pairs have an example of either kind more, so that none is certain of nothing", () => {
    const { high, low, score } = pairedShares(8, 2, 50);
    // (9 − 3) ÷ 52 ± 1.96 √((12/52 − (6/52)²) ÷ 52)
    expect([score, low, high].map((one) => one.toFixed(4))).toEqual(["0.1200", "-0.0114", "0.2421"]);
    expect(pairedShares(0, 0, 30).high).toBeGreaterThan(0.08);
  });
});

describe("several comparisons", () => {
  it("are corrected as R's p.adjust does", () => {
    expect(holm([0.01, 0.04, 0.03, 0.005]).map((p) => p.toFixed(3))).toEqual(["0.030", "0.060", "0.060", "0.020"]);
    expect(holm([])).toEqual([]);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
  });
});

describe("agreement", () => {
  const pairsOf = (table: readonly (readonly number[])[]) =>
    table.flatMap((row, a) => row.flatMap((many, b) => Array.from({ length: many }, (): [number, number] => [a, b])));

  it("of two is Cohen's kappa", () => {
    for (const [table, kappa] of [
      [
        [
          [20, 5],
          [10, 15],
        ],
        0.4,
      ],
      [
        [
          [45, 15],
          [25, 15],
        ],
        0.1304,
      ],
      [
        [
          [25, 35],
          [5, 35],
        ],
        0.2593,
      ],
    ] as const) {
      expect(cohenKappa(pairsOf(table), 2).score).toBeCloseTo(kappa, 4);
      expect(cohenKappa(pairsOf(table), 2, "quadratic").score).toBeCloseTo(kappa, 4);
    }
  });

  it("of three categories is by its definition, and of one category says nothing", () => {
    // The counts of Cohen 1968, table 1.
    const table = [
      [44, 7, 9],
      [16, 15, 9],
      [10, 12, 78],
    ];
    const plain = cohenKappa(pairsOf(table), 3);
    const total = 200;
    const observed = (44 + 15 + 78) / total;
    const expected = (60 * 70 + 40 * 34 + 100 * 96) / total ** 2;
    expect(plain.score).toBeCloseTo((observed - expected) / (1 - expected), 12);
    expect(cohenKappa(pairsOf(table), 3, "linear").score).toBeGreaterThan(0.4);
    const same = cohenKappa(
      [
        [0, 0],
        [0, 0],
      ],
      2,
    );
    expect([same.low, same.high]).toEqual([-1, 1]);
    const perfect = cohenKappa(
      pairsOf([
        [15, 0],
        [0, 15],
      ]),
      2,
    );
    expect(perfect.score).toBeCloseTo(1, 12);
    expect(perfect.low).toBeLessThan(0.9);
  });

  it("of many with gaps is Krippendorff's (2011, his example of four observers)", () => {
    const none = undefined;
    const observers = [
      [1, 2, 3, 3, 2, 1, 4, 1, 2, none, none, none],
      [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, none, 3],
      [none, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, none],
      [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, none],
    ];
    const units = Array.from({ length: 12 }, (_, i) =>
      observers.map((row) => row[i]).filter((value) => value !== undefined),
    );
    expect(krippendorffAlpha(units, "nominal")?.score).toBeCloseTo(0.743, 3);
    expect(krippendorffAlpha(units, "ordinal")?.score).toBeCloseTo(0.815, 3);
    expect(krippendorffAlpha(units, "interval")?.score).toBeCloseTo(0.849, 3);
    expect(krippendorffAlpha([[1], [2]], "nominal")).toBeUndefined();
  });
});

describe("ranking", () => {
  it("is Agresti's of the American League 1987 (2002, table 10.10)", () => {
    const wins = [
      [0, 7, 9, 7, 7, 9, 11],
      [6, 0, 7, 5, 11, 9, 9],
      [4, 6, 0, 7, 7, 8, 12],
      [6, 8, 6, 0, 6, 7, 10],
      [6, 2, 6, 7, 0, 7, 12],
      [4, 4, 5, 6, 6, 0, 6],
      [2, 4, 1, 3, 1, 7, 0],
    ];
    const matches = wins.flatMap((row, winner) => row.map((many, loser) => ({ winner, loser, wins: many })));
    const ranked = bradleyTerry(
      7,
      matches.filter(({ loser, winner }) => loser !== winner),
      0,
    );
    const last = ranked[6]?.strength.score ?? 0;
    const against = ranked.map(({ strength }) => (strength.score - last).toFixed(2));
    expect(against).toEqual(["1.58", "1.44", "1.29", "1.25", "1.11", "0.68", "0.00"]);
  });

  it("of somebody who always wins stays finite, and of nobody says nothing", () => {
    const [first, second] = bradleyTerry(2, [{ winner: 0, loser: 1, wins: 10 }]);
    expect(first?.strength.score).toBeGreaterThan(1);
    expect(Number.isFinite(first?.strength.high)).toBe(true);
    expect(second?.preferred.score).toBeLessThan(0.3);
    expect(bradleyTerry(0, [])).toEqual([]);
    expect(bradleyTerry(2, []).every(({ strength }) => strength.score === 0)).toBe(true);
  });
});

describe("power", () => {
  it("is the textbook's: 32 pairs find half a deviation 4 times in 5", () => {
    const half = { difference: 0.5, deviation: 1 };
    expect(examplesNeeded(half)).toBe(32);
    expect(examplesNeeded(half, 0.9)).toBe(43);
    expect(powerOf(half, 32)).toBeCloseTo(0.8074, 3);
    expect(detectable(1, 32)).toBeCloseTo(0.4953, 4);
    expect(examplesNeeded({ difference: 0, deviation: 1 })).toBe(Number.POSITIVE_INFINITY);
    expect(discordantDeviation(0.2, 0.1)).toBeCloseTo(Math.sqrt(0.19), 12);
  });
});

describe("evidence while looking", () => {
  it("of ten wins and no loss is 2¹⁰ ÷ 11", () => {
    expect(Math.exp(logEvidenceOfWins(10, 0))).toBeCloseTo(1024 / 11, 6);
    expect(logEvidenceOfWins(0, 0)).toBeCloseTo(0, 10);
  });

  it("grows with a difference and is 1 at first", () => {
    const bets = new Bets();
    expect(bets.p).toBe(1);
    for (let i = 0; i < 60; i++) bets.add(i % 5 === 0 ? -0.2 : 0.4);
    expect(bets.p).toBeLessThan(0.01);
  });
});

describe("a corrected judge", () => {
  const people = [0, 1, 1, 0.5, 1, 0, 1, 1, 0.5, 1];
  it("that says what people say is worth as much as they are", () => {
    const judged = Array.from({ length: 1000 }, (_, i) => people[i % 10] ?? 0);
    const { score, worth } = predictionPoweredMean(
      people.map((person) => ({ person, judge: person })),
      judged,
    );
    expect(score).toBeCloseTo(0.7, 2);
    expect(worth).toBeGreaterThan(300);
  });
  it("that always says the same counts for nothing", () => {
    const constant = people.map((person) => ({ person, judge: 1 }));
    const { score, weight } = predictionPoweredMean(constant, [1, 1, 1, 1]);
    expect([score, weight]).toEqual([0.7, 0]);
  });
  it("that is too kind by much is corrected by it", () => {
    const kind = people.map((person) => ({ person, judge: person / 2 + 0.5 }));
    const judged = Array.from({ length: 500 }, (_, i) => (people[i % 10] ?? 0) / 2 + 0.5);
    expect(predictionPoweredMean(kind, judged).score).toBeCloseTo(0.7, 2);
  });
});

describe("drift", () => {
  it("is found where Montgomery finds it (2009, table 9.2): at the 29th value, seven after it began", () => {
    const values = [
      9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.2, 10.34, 9.03, 11.47, 10.51, 9.4, 10.08, 9.37, 10.62,
      10.31, 8.52, 10.84, 10.9, 9.33, 12.29, 11.5, 10.6, 11.08, 10.38, 11.62, 11.31, 10.52,
    ];
    const settings = { mean: 10, deviation: 1, slack: 0.5, threshold: 5 };
    let state = cusumStart;
    const alarm = values.findIndex((value) => {
      state = cusumStep(state, value, settings);
      return cusumAlarm(state, settings) !== undefined;
    });
    expect(alarm + 1).toBe(29);
    expect(state.up).toBeCloseTo(5.28, 10);
    expect(state.upFor).toBe(7);
  });

  it("alarms falsely as seldom as Montgomery says (table 9.3), and keeps what is asked", () => {
    expect(cusumRunLength(0.5, 5)).toBeGreaterThan(455);
    expect(cusumRunLength(0.5, 5)).toBeLessThan(475);
    expect(cusumRunLength(0.5, 4)).toBeCloseTo(169, -0.5);
    expect(cusumRunLength(0.5, 5, 1)).toBeCloseTo(10.4, 0);
    expect(cusumRunLength(0.5, cusumThreshold(0.5, 1000))).toBeCloseTo(1000, 3);
  });
});

it("says a p as odds", () => {
  expect(luck(0.02)).toBe("be luck 1 time in 50");
  expect(luck(0.3)).toBe("be luck 1 time in 3");
  expect(luck(0.8)).toBe("easily be luck");
  expect(luck(0.00001)).toContain("less than 1 time in 10,000");
});
