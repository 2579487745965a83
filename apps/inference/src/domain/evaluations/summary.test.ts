import type { EvaluationRowInfo } from "@tugboat/db";
import { mcnemar, pairedShares, wilson } from "@tugboat/statistics";
import { describe, expect, it } from "vitest";
import { promptContent } from "../prompts/content.ts";
import { checkCondition, junitOf, parseCondition } from "./fail-if.ts";
import { chatBodyOf } from "./messages.ts";
import { figuresOf, makeItems, nextItem } from "./reviews.ts";
import { summarise } from "./summary.ts";

const row = (position: number, scores: number[], more: Partial<EvaluationRowInfo> = {}): EvaluationRowInfo => ({
  position,
  exampleId: `${position}`,
  preview: `example ${position}`,
  slices: [position % 2 === 0 ? "tag: even" : "tag: odd"],
  outputs: scores.map(() => "x"),
  failed: scores.map(() => false),
  scores,
  latencyMs: scores.map((_, i) => 10 * (i + 1)),
  costMicroUsd: scores.map((_, i) => 100 * (i + 1)),
  disagreement: Math.max(...scores) - Math.min(...scores),
  ...more,
});
const rows = (...pattern: [number, number, number][]) => {
  let at = 0;
  return pattern.flatMap(([a, b, many]) => Array.from({ length: many }, () => row(++at, [a, b])));
};
const two = { candidates: ["old", "new"], evaluators: ["exact"], looked: false };

describe("a summary", () => {
  it("says who is better, by how much, how sure and for what, as the methods have it", () => {
    const summary = summarise({ ...two, rows: rows([1, 1, 20], [0, 1, 16], [1, 0, 2], [0, 0, 2]) });
    expect(summary.candidates.map(({ scores }) => scores[0])).toMatchObject([wilson(22, 40), wilson(36, 40)]);
    const [pair] = summary.comparisons;
    expect(pair).toMatchObject({ a: "old", b: "new", wins: 2, losses: 16, ties: 22, p: mcnemar(2, 16) });
    expect([pair?.low, pair?.high]).toEqual([pairedShares(2, 16, 40).low, pairedShares(2, 16, 40).high]);
    expect(summary.verdict).toBe("better");
    expect(summary.sentence).toMatch(
      /^new is better than old by 35 points on 40 examples \(95 % sure of \+\d+(\.\d)? to \+\d+(\.\d)?\); this could be luck 1 time in .*\. It costs \$0\.20 a thousand requests against \$0\.10 and answers in 20 ms against 10 ms \(p95\)\.$/,
    );
    expect(summary.candidates.map(({ onFrontier }) => onFrontier)).toEqual([true, true]);
    expect(summary.slices.map(({ name }) => name).sort()).toEqual(["tag: even", "tag: odd"]);
  });

  it("is unsure with little data and says how much more would settle it", () => {
    const summary = summarise({ ...two, rows: rows([1, 1, 6], [0, 1, 3], [1, 0, 1]) });
    expect(summary.verdict).toBe("unsure");
    expect(summary.sentence).toMatch(
      /^Nobody is clearly better: new leads old by 20 points .* more examples would settle/,
    );
    expect(summary.warnings[0]).toContain("With 10 examples");
  });

  it("holds up with nothing, one example, all ties, one candidate, and scores that are missing", () => {
    expect(summarise({ ...two, rows: [] }).sentence).toContain("no examples");
    expect(summarise({ ...two, rows: rows([1, 0, 1]) }).verdict).toBe("unsure");
    const ties = summarise({ ...two, rows: rows([1, 1, 50]) });
    expect([ties.verdict, ties.comparisons[0]?.p]).toEqual(["unsure", 1]);
    expect(ties.warnings.join()).toContain("can't tell them apart");
    const alone = summarise({
      ...two,
      candidates: ["old"],
      rows: rows([1, 1, 5]).map((one) => ({ ...one, scores: [1] })),
    });
    expect(alone).toMatchObject({ verdict: "alone", comparisons: [] });
    const missing = summarise({ ...two, rows: [row(1, [Number.NaN, 1]), row(2, [1, 1])] });
    expect(missing.candidates[0]?.scores[0]).toMatchObject({ n: 1, unscored: 1, score: 1 });
    expect(missing.warnings.join()).toContain("exact could not judge some answers: 1 of old");
  });

  it("counts failures as wrong, and shows the other way of counting", () => {
    const failed = rows([1, 1, 8]).map((one, i) => ({ ...one, failed: [false, i < 4] }));
    const [, second] = summarise({ ...two, rows: failed }).candidates;
    expect(second).toMatchObject({ failed: 4, scores: [{ score: 0.5, n: 8, withoutFailures: { score: 1 } }] });
  });

  it("corrects for many candidates", () => {
    const made = Array.from({ length: 40 }, (_, i) => row(i, [i < 20 ? 1 : 0, i < 27 ? 1 : 0, i < 20 ? 1 : 0]));
    const summary = summarise({ candidates: ["a", "b", "c"], evaluators: ["exact"], looked: false, rows: made });
    expect(summary.comparisons.find(({ a, b }) => a === "a" && b === "b")?.p).toBeCloseTo(3 * mcnemar(0, 7), 10);
  });
});

describe("a condition", () => {
  const summary = summarise({ ...two, rows: rows([1, 1, 20], [1, 0, 16], [0, 1, 2], [0, 0, 2]) });
  it("fails a build when a candidate is worse", () => {
    const worse = parseCondition("accuracy < old - 0.01");
    expect(worse).toEqual({ measure: "accuracy", operator: "<", candidate: "old", offset: -0.01 });
    const [result] = checkCondition(worse, summary, ["exact"]);
    expect(result).toMatchObject({ candidate: "new", fails: true });
    const junit = junitOf("a & b", "accuracy < old - 0.01", result === undefined ? [] : [result], 1.5);
    expect(junit).toContain('tests="1" failures="1"');
    expect(junit).toContain("a &amp; b");
    expect(checkCondition(parseCondition("exact < 0.5"), summary, ["exact"]).map(({ fails }) => fails)).toEqual(
      [false, false].map((_, i) => i === 1 && 22 / 40 < 0.5),
    );
    expect(checkCondition(parseCondition("latency > 15"), summary, ["exact"]).map(({ fails }) => fails)).toEqual([
      false,
      true,
    ]);
    expect(parseCondition("accuracy < prompt:a@production - 2 points").offset).toBeCloseTo(-0.02, 12);
  });

  it("that makes no sense is refused with what would", () => {
    for (const text of ["", "accuracy", "accuracy ~ 3", "accuracy < "])
      expect(() => parseCondition(text)).toThrow("no condition");
    expect(() => checkCondition(parseCondition("accuracy < nobody"), summary, ["exact"])).toThrow(
      "no candidate nobody",
    );
    const labelled = { ...two, candidates: ["prompt:triage@production", "prompt:triage@2"] };
    const byLabel = checkCondition(
      parseCondition("accuracy < production - 0.01"),
      summarise({ ...labelled, rows: rows([1, 1, 9], [1, 0, 3]) }),
      ["exact"],
    );
    expect(byLabel).toMatchObject([{ candidate: "prompt:triage@2", fails: true }]);
    expect(() => checkCondition(parseCondition("speed < 1"), summary, ["exact"])).toThrow("no measure speed");
  });
});

describe("what a candidate is asked", () => {
  const candidate = { name: "x", model: "m", temperature: 0, maxTokens: 5 };
  it("is the instruction with the example's fields", () => {
    expect(chatBodyOf({ ...candidate, instruction: "Sort: {{message}}" }, { message: "hi" })).toMatchObject({
      messages: [{ role: "user", content: "Sort: hi" }],
    });
    expect(chatBodyOf({ ...candidate, instruction: "Sort it." }, { message: "hi" })).toMatchObject({
      messages: [{ role: "user", content: "Sort it.\n\nhi" }],
    });
    const messages = [{ role: "user", content: "hi" }];
    expect(chatBodyOf({ ...candidate, instruction: "Be kind." }, { messages })).toMatchObject({
      messages: [{ role: "system", content: "Be kind." }, ...messages],
    });
    expect(chatBodyOf({ ...candidate, model: "task:sort" }, { message: "hi" })).toMatchObject({
      variables: { message: "hi" },
    });
  });

  it("is a prompt as it is served, filled with the example", () => {
    const content = promptContent.parse({
      model: "small",
      messages: [{ role: "user", content: "Sort: {{message}}" }],
      variables: [{ name: "message" }],
      parameters: { max_tokens: 7 },
      output: { type: "object" },
    });
    const prompt = { content, model: "other", version: "triage@2" };
    const body = chatBodyOf(candidate, { message: "hi", more: 1 }, prompt);
    expect(body).toMatchObject({
      model: "other",
      max_tokens: 7,
      temperature: 0,
      messages: [{ role: "user", content: "Sort: hi" }],
      response_format: { type: "json_schema", json_schema: { name: "triage_2", schema: { type: "object" } } },
    });
    expect(chatBodyOf(candidate, "hi", prompt)).toMatchObject({ messages: [{ role: "user", content: "Sort: hi" }] });
    expect(() => chatBodyOf(candidate, { text: "hi" }, prompt)).toThrow("The variable 'message' is missing");
    const plain = {
      ...prompt,
      content: promptContent.parse({ ...content, messages: [{ role: "system", content: "Sort." }], variables: [] }),
    };
    expect(chatBodyOf(candidate, { message: "hi" }, plain)).toMatchObject({
      messages: [
        { role: "system", content: "Sort." },
        { role: "user", content: "hi" },
      ],
    });
  });
});

describe("reviews", () => {
  const options = { limit: 100, seed: 1, differ: () => true };
  const items = makeItems("pairs", rows([1, 0, 40]), 2, options);
  it("show pairs in an order and on sides that say nothing", () => {
    expect(items).toHaveLength(40);
    const swapped = items.filter((one) => one.swapped).length;
    expect(swapped).toBeGreaterThan(8);
    expect(swapped).toBeLessThan(32);
    expect(items.map(({ position }) => position)).not.toEqual(
      [...items.map(({ position }) => position)].sort((a, b) => a - b),
    );
    expect(makeItems("pairs", rows([1, 0, 40]), 2, { ...options, differ: () => false })).toEqual([]);
  });

  it("are given to as many people as asked, each item once to each", () => {
    const by = (reviewer: string, ...of: number[]) => of.map((item) => ({ item, reviewer }));
    expect(nextItem(3, by("a", 0), "a", 1)).toBe(1);
    expect(nextItem(3, by("b", 0, 1), "a", 1)).toBe(2);
    expect(nextItem(3, by("b", 0, 1), "a", 2)).toBe(0);
    expect(nextItem(3, by("a", 0, 1, 2), "a", 5)).toBeUndefined();
  });

  it("rank candidates and say how far people agree", () => {
    const review = (item: number, reviewer: string, preferred: string) => ({
      id: `${item}${reviewer}`,
      queueId: "q",
      item,
      reviewer,
      preferred,
      rating: null,
      label: null,
      correction: null,
      comment: null,
      seconds: 1,
      createdAt: new Date(),
    });
    const config = { candidates: ["old", "new"], highest: 5, labels: [], overlap: 2 };
    const said = Array.from({ length: 20 }, (_, i) => [
      review(i, "ada", i < 5 ? "a" : "b"),
      review(i, "ben", i < 6 ? "a" : "b"),
    ]);
    const figures = figuresOf("pairs", config, items, said.flat());
    expect(figures.ranking.map(({ name }) => name)).toEqual(["new", "old"]);
    expect(figures.ranking[0]).toMatchObject({ wins: 29, played: 40 });
    expect(figures.agreement?.items).toBe(20);
    expect(figures.agreement?.alpha.score).toBeGreaterThan(0.8);
    expect(figures.pairs).toMatchObject([{ a: "ada", b: "ben", items: 20 }]);
  });
});
