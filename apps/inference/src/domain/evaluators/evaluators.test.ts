import type { Json } from "@tugboat/db";
import { describe, expect, it } from "vitest";
import type { Answer } from "../asking/answer.ts";
import { classify } from "./classification.ts";
import { deterministic } from "./deterministic.ts";
import fixtures from "./fixtures.json" with { type: "json" };
import { compareTwo, gradeOne } from "./judge.ts";
import type { Judged } from "./judged.ts";
import { bleu, chrf, rougeL } from "./overlap.ts";
import { type EvaluatorSpec, evaluatorSpec } from "./spec.ts";
import { editDistance } from "./text-match.ts";

const answer = (text: string, more: Partial<Judged> = {}): Judged => ({
  text,
  calls: [],
  latencyMs: 10,
  costMicroUsd: 5,
  outputTokens: 3,
  ...more,
});
const score = (spec: object, text: string | Judged, expected: Json = null) => {
  const output = typeof text === "string" ? answer(text) : text;
  return deterministic(evaluatorSpec.parse(spec))?.(output, expected, { input: "", expected }).value;
};

describe("overlap", () => {
  it("is sacreBLEU's and NLTK's", () => {
    for (const { bleu: theirBleu, chrf: theirChrf, distance, expected, text } of fixtures) {
      const example = { input: "", expected };
      expect(bleu(answer(text), expected, example).value, text).toBeCloseTo(theirBleu, 6);
      expect(chrf(answer(text), expected, example).value, text).toBeCloseTo(theirChrf, 6);
      expect(editDistance([...text], [...expected]), text).toBe(distance);
    }
  });

  it("of subsequences is Lin's (2004, section 3.1)", () => {
    const reference = "police killed the gunman";
    const of = (text: string) => rougeL(answer(text), reference, { input: "", expected: reference }).value;
    expect(of("police kill the gunman")).toBeCloseTo(0.75, 12);
    expect(of("the gunman kill police")).toBeCloseTo(0.5, 12);
    expect(of("")).toBe(0);
  });
});

describe("deterministic evaluators", () => {
  it("compare texts", () => {
    expect(score({ kind: "exact" }, " billing\n", "billing")).toBe(1);
    expect(score({ kind: "exact" }, "Billing", "billing")).toBe(0);
    expect(score({ kind: "normalised" }, "**Billing.**", "billing")).toBe(1);
    expect(score({ kind: "normalised" }, "billing", null)).toBeNull();
    expect(score({ kind: "contains" }, "I'd say: Billing, surely", "billing")).toBe(1);
    expect(score({ kind: "contains", text: "bug" }, "a bug", null)).toBe(1);
    expect(score({ kind: "regex", pattern: "^\\d+$" }, "12")).toBe(1);
    expect(() => deterministic({ kind: "regex", pattern: "(", flags: "" })).toThrow();
    expect(score({ kind: "regex", pattern: "^(a|b)+$" }, "abba")).toBe(1);
    // Patterns that backtrack without end are stopped, whatever hides it.
    for (const pattern of ["(a+)+$", "(a|aa)*$", "(?:a|a){50,}b"]) {
      expect(score({ kind: "regex", pattern }, `${"a".repeat(60)}!`), pattern).not.toBe(1);
    }
    expect(score({ kind: "edit-similarity" }, "kitten", "sitting")).toBeCloseTo(1 - 3 / 7, 12);
  });

  it("compare structures", () => {
    const expected = { queue: "billing", urgent: true, who: { name: "Ada" } };
    const said = 'Here: ```json\n{"urgent":true,"queue":"bug","who":{"name":"Ada"}}\n```';
    expect(score({ kind: "json" }, said, expected)).toBeCloseTo(2 / 3, 12);
    expect(score({ kind: "json", fields: ["who.name"] }, said, expected)).toBe(1);
    expect(score({ kind: "json" }, "no json", expected)).toBe(0);
    const schema = { type: "object", properties: { a: { type: "number" } }, required: ["a"] };
    expect(score({ kind: "schema", schema }, '{"a": 1}')).toBe(1);
    expect(score({ kind: "schema", schema }, '{"a": "1"}')).toBe(0);
    expect(score({ kind: "numeric" }, "It is 1,234.5 in all", 1234.5)).toBe(1);
    expect(score({ kind: "numeric", tolerance: 0.1, relative: true }, "about 105", "100")).toBe(1);
    expect(score({ kind: "numeric", tolerance: 4 }, "105", "100")).toBe(0);
    expect(score({ kind: "numeric" }, "none", "100")).toBe(0);
    expect(score({ kind: "numeric" }, "1", "none")).toBeNull();
  });

  it("compare calls of tools: names, arguments, order", () => {
    const call = (name: string, given: object) => ({ name, arguments: JSON.stringify(given) });
    const expected = {
      role: "assistant",
      tool_calls: [
        { function: { name: "find", arguments: '{"a":1,"b":2}' } },
        { function: { name: "send", arguments: "{}" } },
      ],
    };
    const right = [call("find", { b: 2, a: 1 }), call("send", {})];
    expect(score({ kind: "tool-calls" }, answer("", { calls: right }), expected)).toBe(1);
    const turned = answer("", { calls: [...right].reverse() });
    expect(score({ kind: "tool-calls" }, turned, expected)).toBe(0);
    expect(score({ kind: "tool-calls", inOrder: false }, turned, expected)).toBe(1);
    const more = answer("", { calls: [...right, call("send", {})] });
    expect(score({ kind: "tool-calls" }, more, expected)).toBeCloseTo(2 / 3, 12);
    expect(score({ kind: "tool-calls" }, "x", "text")).toBeNull();
  });

  it("hold limits", () => {
    expect(score({ kind: "length", most: 3 }, "one two three")).toBe(1);
    expect(score({ kind: "length", unit: "characters", most: 3 }, "four")).toBe(0);
    expect(score({ kind: "latency", atMostMs: 10 }, "x")).toBe(1);
    expect(score({ kind: "cost", atMostMicroUsd: 4 }, "x")).toBe(0);
  });

  it("count classes as scikit-learn does (its guide's example: macro F1 of three classes)", () => {
    const names = ["cat", "dog", "hen"];
    const truth = [0, 1, 2, 0, 1, 2];
    const said = [0, 2, 1, 0, 0, 1];
    const pairs = truth.map((one, i) => ({ expected: names[one] ?? "", said: `${names[said[i] ?? 0]}.` }));
    const { accuracy, classes, macroF1 } = classify(pairs);
    expect(macroF1).toBeCloseTo(0.26666, 4);
    expect(accuracy).toBeCloseTo(1 / 3, 12);
    expect(classes[0]).toMatchObject({ label: "cat", count: 2, recall: 1 });
  });
});

describe("a model that judges", () => {
  const says = (...texts: string[]) => {
    let at = 0;
    return async (): Promise<Answer> => ({
      ok: true,
      id: "x",
      text: texts[at++ % texts.length] ?? "",
      finishReason: "stop",
      calls: [],
      logprobs: undefined,
      vectors: [],
      usage: { inputTokens: 1, cachedTokens: 0, outputTokens: 1 },
      latencyMs: 1,
      queueMs: 0,
      costMicroUsd: 2,
      plan: undefined,
      body: {},
    });
  };
  const judge = evaluatorSpec.parse({ kind: "judge", model: "m", rubric: "Is it kind?" });
  const pairs = evaluatorSpec.parse({ kind: "judge-pairs", model: "m", rubric: "Which is kinder?" });
  const example = { input: "Hello", expected: "Hi" };

  it("gives a grade with its reasoning, and nonsense counts as none", async () => {
    if (judge.kind !== "judge") throw new Error("not a judge");
    const good = says('Sure! {"reasoning": "It is.", "score": 4}');
    expect(await gradeOne(judge, good, answer("Hi!"), example)).toEqual({
      value: 0.75,
      reason: "It is.",
      costMicroUsd: 2,
    });
    for (const nonsense of ["Great answer!", '{"score": 9}', '{"score": "five"}', "{"]) {
      const { reason, value } = await gradeOne(judge, says(nonsense), answer("Hi!"), example);
      expect([value, reason?.includes(nonsense)]).toEqual([null, true]);
    }
  });

  it("that likes a position calls it a tie", async () => {
    if (pairs.kind !== "judge-pairs") throw new Error("not a judge");
    const both = { own: answer("A"), other: answer("B") };
    expect(await compareTwo(pairs, says('{"better": "first"}'), both, example)).toMatchObject({ value: 0.5 });
    const fair = says('{"better": "first"}', '{"better": "second"}');
    expect(await compareTwo(pairs, fair, both, example)).toMatchObject({ value: 1, costMicroUsd: 4 });
  });
});

it("reads settings strictly", () => {
  const wrong: object[] = [{ kind: "nothing" }, { kind: "judge", model: "m" }, { kind: "code", source: "" }];
  for (const spec of wrong) expect(evaluatorSpec.safeParse(spec).success).toBe(false);
  const spec: EvaluatorSpec = evaluatorSpec.parse({ kind: "numeric" });
  expect(spec).toEqual({ kind: "numeric", tolerance: 0, relative: false });
});
