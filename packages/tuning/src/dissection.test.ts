import { describe, expect, it } from "vitest";
import { clusterMistakes } from "./clusters.ts";
import { learningCurve } from "./learning-curve.ts";

describe("clusters of mistakes", () => {
  const near = (corner: number, shift: number) => [0, 1, 2].map((j) => (j === corner ? 5 : 0) + shift * 0.1);
  const mistakes = [
    { input: "my card was refused", expected: "billing", answer: "bug", vector: near(0, 1) },
    { input: "the card is refused again", expected: "billing", answer: "bug", vector: near(0, 2) },
    { input: "parcel lost in the rain", expected: "delivery", answer: "how-to", vector: near(1, 1) },
    { input: "refused: my new card", expected: "billing", answer: "how-to", vector: near(0, 3) },
    { input: "the parcel came open", expected: "delivery", answer: "how-to", vector: near(1, 2) },
    { input: "where is the parcel", expected: "delivery", answer: "bug", vector: near(1, 3) },
    { input: "one parcel is missing", expected: "delivery", answer: "how-to", vector: near(1, 4) },
    { input: "how do I start", expected: "how-to", answer: "bug", vector: near(2, 1) },
  ];
  const others = Array.from({ length: 20 }, (_, i) => ({ input: `the other text ${i}`, vector: near(2, i) }));

  it("puts what lies close together, and names it by its own words", () => {
    const clusters = clusterMistakes(mistakes, [...mistakes, ...others]);
    expect(clusters).toHaveLength(2);
    expect(clusters[0]).toMatchObject({ expected: "delivery", answer: "how-to" });
    expect(clusters[0]!.words[0]).toBe("parcel");
    const cards = clusterMistakes(mistakes.slice(0, 2), [...mistakes, ...others]);
    expect(cards[0]!.words.slice(0, 2).sort()).toEqual(["card", "refused"]);
  });

  it("names every mistake once", () => {
    const members = clusterMistakes(mistakes, [...mistakes, ...others]).flatMap((one) => one.members);
    expect([...members].sort((a, b) => a - b)).toEqual(mistakes.map((_, i) => i));
    expect(clusterMistakes([], others)).toEqual([]);
  });
});

describe("the learning curve", () => {
  const scores = (right: number) => Array.from({ length: 40 }, (_, i) => (i < right ? 1 : 0));

  it("says what a third more would bring when a doubling brought ten points", () => {
    const curve = learningCurve({ size: 24, scores: scores(20) }, { size: 48, scores: scores(24) }, 60);
    expect(curve.points).toEqual([
      { size: 24, score: 0.5 },
      { size: 48, score: 0.6 },
    ]);
    expect(curve.gain.score).toBeCloseTo(0.1 * Math.log2(80 / 60), 10);
    expect(curve.gain.low).toBeLessThan(curve.gain.score);
    expect(curve.sentence).toMatch(/^With 20 more examples, expect about \+4 points \(between \+\d and \+\d+\)\.$/);
  });

  it("promises nothing where twice as many did not help", () => {
    const { sentence } = learningCurve({ size: 24, scores: scores(30) }, { size: 48, scores: scores(24) }, 60);
    expect(sentence).toMatch(/no better answers/);
  });
});
