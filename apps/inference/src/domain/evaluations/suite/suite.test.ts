import { describe, expect, it } from "vitest";
import { evaluatorSpec, inputKey } from "../../evaluators/spec.ts";
import { scoreOutput } from "../score.ts";
import { modelFor } from "./import-suite.ts";
import { readSuite } from "./read-suite.ts";

const suite = `
description: Support triage
prompts:
  - "Sort this message into billing, bug or other: {{message}}"
  - label: polite
    raw: '[{"role":"system","content":"Be kind."},{"role":"user","content":"{{message}}"}]'
providers:
  - openai:chat:gpt-4o-mini
  - id: ollama:chat:tug-small
    label: small
    config: { temperature: 0.2, max_tokens: 12, top_k: 4 }
defaultTest:
  vars: { tone: calm }
  assert:
    - type: latency
      threshold: 500
tests:
  - description: money
    vars: { message: [I was charged twice, "Refund {{x}} please"] }
    assert:
      - { type: equals, value: billing }
      - { type: not-icontains, value: BUG }
  - vars: { message: The app crashes }
    threshold: 0.5
    assert:
      - { type: contains-any, value: [bug, "crash (any)"], weight: 2 }
      - { type: javascript, value: "output.length < 20 && context.vars.tone === 'calm'" }
      - { type: llm-rubric, value: "Names the queue of {{message}}" }
      - { type: python, value: "len(output)" }
      - { type: perplexity, threshold: 2 }
scenarios: []
`;

const answer = (text: string) => ({ text, calls: [], latencyMs: 10, costMicroUsd: 0, outputTokens: 1 });
const judging =
  (score: number): Parameters<typeof scoreOutput>[4] =>
  async () => ({
    ok: true,
    id: "x",
    text: JSON.stringify({ reasoning: "so", score }),
    finishReason: "stop",
    calls: [],
    logprobs: undefined,
    vectors: [],
    usage: { inputTokens: 1, cachedTokens: 0, outputTokens: 1 },
    latencyMs: 1,
    queueMs: 0,
    costMicroUsd: 3,
    plan: undefined,
    body: {},
  });

describe("a suite of tests", () => {
  const read = readSuite(suite, { judge: "tug-small" });

  it("becomes prompts, providers, examples and checks, and says what it leaves out", () => {
    expect(read.name).toBe("support-triage");
    expect(read.prompts.map(({ content, name }) => [name, content.messages.map(({ role }) => role)])).toEqual([
      ["support-triage-1", ["user"]],
      ["polite", ["system", "user"]],
    ]);
    expect(read.providers).toEqual([
      { id: "openai:chat:gpt-4o-mini", label: "openai:chat:gpt-4o-mini", temperature: 0, maxTokens: 256 },
      { id: "ollama:chat:tug-small", label: "small", temperature: 0.2, maxTokens: 12 },
    ]);
    expect(read.examples.map(({ expected, input }) => [input, expected])).toEqual([
      [{ tone: "calm", message: "I was charged twice" }, "billing"],
      [{ tone: "calm", message: "Refund {{x}} please" }, "billing"],
      [{ tone: "calm", message: "The app crashes" }, null],
    ]);
    expect(read.judges).toBe(true);
    expect(read.notSupported).toEqual([
      { what: "the setting scenarios", times: 1 },
      { what: "the provider's setting top_k", times: 1 },
      { what: "the assertion python", times: 1 },
      { what: "the assertion perplexity", times: 1 },
    ]);
    expect(modelFor("ollama:chat:tug-small", ["tug-nano", "tug-small"])).toBe("tug-small");
    expect(modelFor("openai:chat:gpt-4o-mini", ["tug-nano"])).toBeUndefined();
  });

  it("judges an answer by the checks of its own example, all of them or their mean", async () => {
    const spec = evaluatorSpec.parse(JSON.parse(JSON.stringify(read.spec)));
    const of = async (at: number, text: string, grade = 1) => {
      const { expected = null, input = null } = read.examples[at] ?? {};
      return scoreOutput(spec, answer(text), { input, expected }, undefined, judging(grade));
    };
    expect(await of(0, "billing")).toMatchObject({ value: 1, costMicroUsd: 0 });
    expect(await of(0, "bug")).toMatchObject({ value: 0, reason: expect.stringContaining("exact") });
    // Weights 1, 2, 1 and 1: the median of them is enough.
    expect(await of(2, "a bug")).toMatchObject({ value: 1, costMicroUsd: 3 });
    expect(await of(2, "a bug, said at length", 0)).toMatchObject({ value: 1 });
    expect(await of(2, "no idea, and that said at length", 0)).toMatchObject({ value: 0 });
    const stranger = await scoreOutput(spec, answer("x"), { input: "other", expected: null }, undefined, judging(1));
    expect(stranger.value).toBeNull();
    expect(Object.keys(read.spec.each)).toContain(inputKey({ message: "The app crashes", tone: "calm" }));
  });

  it("is refused with the place of what is wrong", () => {
    for (const [text, said] of [
      ["prompts: [", "Line 1"],
      ["prompts: []\nproviders: [a]", "at least one prompt"],
      ["prompts: [hello]\nproviders: [a]\ntests: [{vars: {a: 1}}]", "No test asserts anything"],
      ["prompts: [file://p.txt]\nproviders: [a]\ntests: [{assert: [{type: equals, value: x}]}]", "lies in a file"],
      ["prompts: [hello]\nproviders: [a]\ntests: tests.csv", "The tests lie in tests.csv"],
      ["prompts: [a, b, c]\nproviders: [a, b, c]\ntests: [{assert: [{type: equals, value: x}]}]", "more than 8"],
      [`a: &a [x,x]\nb: &b [*a,*a]\nprompts: [hello]`, "providers"],
    ] as const) {
      expect(() => readSuite(text), text).toThrow(said);
    }
  });
});
