import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Device } from "@tugboat/kernels";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clock, Engine, GenerateRequest, LoadOptions } from "../engine.ts";
import { ggufOf, openTestDevice, openTestEngine, someTokens } from "../testing/engines.ts";
import { Drafts } from "./drafts.ts";
import { PromptLookup } from "./prompt-lookup.ts";
import { StepCosts } from "./step-costs.ts";

const path = fileURLToPath(new URL("../../../../models/stories260K/stories260K.gguf", import.meta.url));

let device: Device;
let bytes: Uint8Array;
beforeAll(async () => {
  device = await openTestDevice();
  bytes = await readFile(path);
});
afterAll(() => device.destroy());

const open = async (options: LoadOptions = {}) =>
  openTestEngine(await ggufOf(bytes, "stories260K.gguf"), device, { contextLength: 256, ...options });

/** By it every step takes as long, however many rows it has, so what is guessed is the same on every machine. */
function steadyClock(): Clock {
  let now = 0;
  return () => ++now;
}

/** Choice by choice: whose event comes first in a step is no part of the text. */
async function generate(engine: Engine, request: GenerateRequest) {
  const choices = Array.from({ length: request.n ?? 1 }, () => ({
    tokens: [] as number[],
    logprobs: [] as number[],
    text: "",
  }));
  let completion = 0;
  for await (const event of engine.generate({ temperature: 0, logprobs: 2, ...request })) {
    if (event.type === "done") completion = event.usage.completionTokens;
    if (event.type !== "token" && event.type !== "finish") continue;
    const choice = choices[event.choice]!;
    choice.text += event.text;
    if (event.type === "finish") continue;
    choice.tokens.push(event.token);
    choice.logprobs.push(event.logprobs!.logprob);
  }
  return { choices, completion };
}

describe("guesses that are verified", { timeout: 60_000 }, () => {
  it("change nothing: greedy, sampled, alone, together, to the last token and at stop strings", async () => {
    const clock = steadyClock();
    const [plain, guessing] = [await open({ prefixCache: false }), await open({ speculation: "prompt-lookup", clock })];
    const story = "Once upon a time there was a cat. The cat was happy. ".repeat(3);
    const own = someTokens(40, plain.info.vocabularySize, 4);
    const requests: GenerateRequest[] = [
      { prompt: { text: story }, maxTokens: 100 },
      { prompt: { text: story }, maxTokens: 60, ignoreEos: true, temperature: 0.4, seed: 7 },
      { prompt: { text: story }, maxTokens: 40, temperature: 1.2, topP: 0.9, seed: 8, n: 2 },
      { prompt: { text: story }, maxTokens: 80, stop: ["happy"] },
      { prompt: { tokens: [...own, ...own] }, maxTokens: 33, ignoreEos: true },
      { prompt: { text: "Lily" }, maxTokens: 200, ignoreEos: true },
      { prompt: { text: story }, maxTokens: 30, repetitionPenalty: 1.3 },
      { prompt: { text: story }, maxTokens: 1 },
      { prompt: { tokens: someTokens(250, plain.info.vocabularySize, 9) }, ignoreEos: true },
    ];
    const expected: Awaited<ReturnType<typeof generate>>[] = [];
    for (const request of requests) expected.push(await generate(plain, request));
    const alone: typeof expected = [];
    for (const request of requests) alone.push(await generate(guessing, request));
    const together = await Promise.all(requests.map((request) => generate(guessing, request)));
    const exact = device.info.kind === "cpu";
    const shown = (all: typeof expected) => all.map((one) => (exact ? one : one.choices.map(({ text }) => text)));
    expect(shown(alone)).toEqual(shown(expected));
    expect(shown(together)).toEqual(shown(expected));
    const { drafts, steps } = guessing.stats();
    if (exact) expect(drafts.accepted).toBeGreaterThan(20);
    expect(drafts.tokens).toBeGreaterThanOrEqual(drafts.accepted);
    expect(steps).toBeGreaterThan(0);
    expect(plain.stats().drafts).toEqual({ tokens: 0, accepted: 0 });
    await Promise.all([plain.close(), guessing.close()]);
  });
});

describe("prompt look-up", () => {
  it("goes on as it did where the last three tokens stood before, the latest place first", () => {
    const lookup = new PromptLookup();
    const text = [1, 2, 3, 9, 9, 1, 2, 3, 4, 5, 6, 1, 2, 3];
    expect(lookup.propose(Int32Array.from(text), 4)).toEqual([4, 5, 6, 1]);
    expect(lookup.propose(Int32Array.from([...text, 7]), 4)).toEqual([]);
    expect(lookup.propose(Int32Array.from([...text, 7, 1, 2, 3]), 2)).toEqual([7, 1]);
    expect(new PromptLookup().propose(Int32Array.of(1, 2, 3), 4)).toEqual([]);
  });

  it("repeats what repeats itself", () => {
    const lookup = new PromptLookup();
    expect(lookup.propose(Int32Array.of(5, 6, 5, 6, 5, 6), 5)).toEqual([5, 6, 5, 6, 5]);
  });
});

describe("the length of guesses", () => {
  it("grows while they are right, and ends when they are wrong but for a try now and then", () => {
    const costs = new StepCosts();
    for (let i = 0; i < 3; i++) costs.observe(1, 0, 10);
    const drafts = new Drafts(costs, "prompt-lookup");
    const first = drafts.length(100, 1);
    expect(first).toBeGreaterThan(0);
    for (let i = 0; i < 20; i++) drafts.observe(4, 4);
    expect(drafts.length(100, 1)).toBeGreaterThan(first);
    expect(drafts.length(2, 1)).toBe(2);
    expect(drafts.length(0, 1)).toBe(0);
    for (let i = 0; i < 40; i++) drafts.observe(4, 0);
    let tried = 0;
    for (let i = 0; i < 200; i++) {
      const length = drafts.length(100, 1);
      tried += length;
      if (length > 0) drafts.observe(length, 0);
    }
    expect(tried).toBeGreaterThan(0);
    expect(tried).toBeLessThan(12);
  });

  it("is none where a row costs as much as a step", () => {
    const costs = new StepCosts();
    for (let i = 0; i < 100; i++) {
      costs.observe(1, 0, 10);
      costs.observe(1, 4, 50);
    }
    expect(costs.ofRow(1)).toBeGreaterThan(0.9);
    const drafts = new Drafts(costs, "prompt-lookup");
    drafts.observe(4, 4);
    const lengths = Array.from({ length: 10 }, () => drafts.length(100, 1));
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBeLessThan(3);
  });

  it("waits until it is known what a step without guesses takes, and asks for one now and then", () => {
    const costs = new StepCosts();
    const drafts = new Drafts(costs, "prompt-lookup");
    for (let i = 0; i < 3; i++) {
      expect(drafts.length(100, 1)).toBe(0);
      costs.observe(1, 0, 10);
    }
    expect(drafts.length(100, 1)).toBeGreaterThan(0);
    expect(drafts.length(100, 2)).toBe(0);
    for (let i = 0; i < 64; i++) costs.observe(1, 2, 11);
    expect(drafts.length(100, 1)).toBe(0);
    costs.observe(1, 0, 10);
    expect(drafts.length(100, 1)).toBeGreaterThan(0);
  });

  it("is shorter the more texts share the step, where a row costs what it costs alone", () => {
    const costs = new StepCosts();
    for (let i = 0; i < 100; i++) {
      costs.observe(1, 0, 10);
      costs.observe(1, 4, 14);
      costs.observe(8, 0, 20);
      costs.observe(8, 4, 24);
    }
    const [alone, among] = [new Drafts(costs, "prompt-lookup"), new Drafts(costs, "prompt-lookup")];
    for (let i = 0; i < 20; i++) for (const drafts of [alone, among]) drafts.observe(4, 2 + (i % 3));
    expect(alone.length(100, 1)).toBeGreaterThan(among.length(100, 8));
    expect(among.length(100, 8)).toBeGreaterThan(0);
  });

  it("is shorter where guessing itself takes long, and none where it takes as long as writing", () => {
    const costs = new StepCosts();
    const rate = (roundMs: number) => {
      for (let i = 0; i < 200; i++) {
        costs.observe(1, 0, 10);
        costs.observe(1, 4, 14);
        costs.observeRound(1, roundMs);
      }
      const drafts = new Drafts(costs, "draft-model");
      for (let i = 0; i < 20; i++) drafts.observe(4, 2 + (i % 3));
      return drafts.length(100, 1);
    };
    expect(rate(0.5)).toBeGreaterThan(rate(5));
    expect(rate(5)).toBeGreaterThan(0);
    for (let i = 0; i < 200; i++) costs.observeRound(1, 12);
    const drafts = new Drafts(costs, "draft-model");
    drafts.observe(4, 4);
    const tries = Array.from({ length: 10 }, () => drafts.length(100, 1));
    expect(tries.reduce((sum, length) => sum + length, 0)).toBeLessThan(3);
  });
});
