import { normalRandom, seededRandom } from "@tugboat/statistics";
import { describe, expect, it } from "vitest";
import { SemanticCache } from "./semantic-cache.ts";
import { askAnewProbability, type Verified } from "./trust.ts";

const times = (count: number, similarity: number, same: boolean): Verified[] =>
  Array.from({ length: count }, () => ({ similarity, same }));

describe("how often a question must be asked anew", () => {
  it("always, while little is verified, and however much was verified of nearer ones only", () => {
    expect(askAnewProbability([], 0.99, 0.05)).toBe(1);
    expect(askAnewProbability(times(3, 0.9, true), 0.99, 0.05)).toBe(1);
    expect(askAnewProbability(times(200, 0.95, true), 0.9, 0.05)).toBe(1);
  });

  it("ever more rarely while answers turn out the same, and never where the bound holds by itself", () => {
    const after = (count: number) => askAnewProbability(times(count, 0.9, true), 0.95, 0.05);
    expect([after(16), after(64), after(256)].map((p, i, all) => i === 0 || p <= (all[i - 1] ?? 0))).toEqual([
      true,
      true,
      true,
    ]);
    expect(after(256)).toBe(0);
  });

  it("often again where nearer ones differ too", () => {
    const mixed = Array.from({ length: 160 }, (_, i) => ({ similarity: 0.9, same: i % 3 > 0 }));
    expect(askAnewProbability(mixed, 0.95, 0.05)).toBeGreaterThan(0.85);
  });
});

/**
 * Topics on a circle, each with an answer of its own; phrasings lie around their topic, some so far that they are another's
 * question. Nothing of the cache's assumption is built in.
 */
function simulate(maxError: number, spread: number, seed: number) {
  const random = seededRandom(seed);
  const topics = 12;
  const cache = new SemanticCache<string>(random);
  let hits = 0;
  let wrong = 0;
  const questions = 6000;
  for (let i = 0; i < questions; i++) {
    const topic = Math.floor(random() * topics);
    const angle = ((topic + spread * normalRandom(random)) / topics) * 2 * Math.PI;
    const vector = Float32Array.of(Math.cos(angle), Math.sin(angle));
    const answer = `answer ${topic}`;
    const look = cache.look("scope", "support", vector, maxError);
    if (look.hit === undefined) look.learn(answer, answer);
    else {
      hits += 1;
      if (look.hit !== answer) wrong += 1;
    }
  }
  return { hits: hits / questions, wrong: wrong / questions, stats: cache.stats("support") };
}

describe("simulated traffic", () => {
  it.each([
    [0.02, 0.12],
    [0.02, 0.3],
    [0.05, 0.2],
    [0.1, 0.4],
  ])("keeps the share of wrong answers under %f where phrasings scatter by %f", (maxError, spread) => {
    for (const seed of [1, 2, 3]) expect(simulate(maxError, spread, seed).wrong).toBeLessThanOrEqual(maxError);
  });

  it("answers much from memory where topics are apart, and its own measure of the error agrees", () => {
    const { hits, stats, wrong } = simulate(0.05, 0.08, 4);
    expect(hits).toBeGreaterThan(0.4);
    expect(stats.hits / stats.questions).toBeCloseTo(hits, 10);
    expect(Math.abs(stats.wrong / stats.checked - wrong / hits)).toBeLessThan(0.05);
  });
});

it("scopes know nothing of each other, and what is used the longest ago is forgotten first", () => {
  const cache = new SemanticCache<string>(() => 0.99, { questions: 2, scopes: 10, verified: 256 });
  const at = (angle: number) => Float32Array.of(Math.cos(angle), Math.sin(angle));
  for (let i = 0; i < 300; i++) cache.look("a", "x", at(0), 0.2).learn("same", "same");
  expect(cache.look("a", "x", at(0), 0.2).hit).toBe("same");
  expect(cache.look("b", "x", at(0), 0.2).hit).toBeUndefined();
  cache.look("a", "x", at(1), 0.2).learn("other", "other");
  cache.look("a", "x", at(0), 0.2);
  cache.look("a", "x", at(2), 0.2).learn("third", "third");
  expect(cache.look("a", "x", at(0), 0.2).hit).toBe("same");
});
