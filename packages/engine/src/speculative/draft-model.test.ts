import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Device } from "@tugboat/kernels";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine, GenerateRequest, LoadOptions } from "../engine.ts";
import type { Draw, StepResult } from "../generation/step-runner.ts";
import { BlockPool } from "../kv/blocks.ts";
import { greedySampling } from "../sampler/request.ts";
import { TokenEdits } from "../sampler/token-edits.ts";
import { Sequence, type SequenceTerms } from "../scheduler/sequence.ts";
import type { StepPlan } from "../scheduler/step-plan.ts";
import { Tenant } from "../scheduler/tenants.ts";
import { ggufOf, openTestDevice, openTestEngine, someTokens, sourceOf } from "../testing/engines.ts";
import { DraftModel } from "./draft-model.ts";
import { StepCosts } from "./step-costs.ts";

const folder = new URL("../../../../models/", import.meta.url);
const read = (name: string) => readFile(fileURLToPath(new URL(name, folder)));

let device: Device;
let stories: Uint8Array;
let nano: Uint8Array;
beforeAll(async () => {
  device = await openTestDevice();
  [stories, nano] = await Promise.all([read("stories260K/stories260K.gguf"), read("tug-nano/tug-nano-q8_0.gguf")]);
});
afterAll(() => device.destroy());

const open = async (options: LoadOptions = {}) =>
  openTestEngine(await ggufOf(stories, "stories260K.gguf"), device, { contextLength: 256, ...options });

/** With itself as draft: right wherever it draws as it does when it verifies, which is nearly always. */
const openGuessing = async (options: LoadOptions = {}) => {
  let now = 0;
  const draft = sourceOf(await ggufOf(stories, "draft.gguf"));
  return open({ draft, kvType: "f32", clock: () => ++now, ...options });
};

async function generate(engine: Engine, request: GenerateRequest): Promise<number[][]> {
  const choices: number[][] = Array.from({ length: request.n ?? 1 }, () => []);
  for await (const event of engine.generate(request))
    if (event.type === "token") choices[event.choice]!.push(event.token);
  return choices;
}

const sequenceTerms: SequenceTerms = {
  tenant: new Tenant(""),
  priority: "interactive",
  scope: undefined,
  adapter: undefined,
  arrived: 0,
  deadline: Number.POSITIVE_INFINITY,
};
const unused: Draw = {
  sampling: greedySampling,
  edits: new TokenEdits(greedySampling, new Int32Array()),
  seed: 0,
  stream: 0,
  step: 0,
  logprobs: undefined,
  mask: undefined,
};

describe("a draft model", { timeout: 60_000 }, () => {
  it("changes no text: greedy, sampled, alone, together, beside prompts that are read and schemas", async () => {
    const [plain, guessing] = [await open({ prefixCache: false }), await openGuessing()];
    const own = someTokens(40, plain.info.vocabularySize, 4);
    const requests: GenerateRequest[] = [
      { prompt: { text: "Once upon a time" }, temperature: 0, maxTokens: 100 },
      { prompt: { text: "Lily" }, seed: 7, temperature: 0.4, maxTokens: 60, ignoreEos: true },
      { prompt: { text: "The cat" }, seed: 8, temperature: 1.2, topP: 0.9, n: 3, maxTokens: 40 },
      { prompt: { text: "Tom had" }, seed: 9, topK: 5, maxTokens: 80, stop: ["happy"] },
      { prompt: { tokens: [...own, ...own] }, temperature: 0, maxTokens: 33, ignoreEos: true },
      { prompt: { text: "One day" }, temperature: 0, repetitionPenalty: 1.3, maxTokens: 30 },
      {
        prompt: { text: "It was" },
        temperature: 0,
        maxTokens: 20,
        constraint: { kind: "regex", pattern: "[a-z ]{5,40}" },
      },
      { prompt: { text: "A" }, temperature: 0, maxTokens: 1 },
      { prompt: { tokens: someTokens(250, plain.info.vocabularySize, 9) }, seed: 3, ignoreEos: true },
    ];
    const expected: number[][][] = [];
    for (const request of requests) expected.push(await generate(plain, request));
    const alone: number[][][] = [];
    for (const request of requests) alone.push(await generate(guessing, request));
    const together = await Promise.all(requests.map((request) => generate(guessing, request)));
    expect(alone).toEqual(expected);
    expect(together).toEqual(expected);
    const { drafts } = guessing.stats();
    if (device.info.kind === "cpu") {
      expect(drafts.model).toBe("draft.gguf");
      expect(drafts.accepted).toBeGreaterThan(100);
      expect(drafts.accepted / drafts.tokens).toBeGreaterThan(0.8);
    }
    await Promise.all([plain.close(), guessing.close()]);
  });

  it("leaves sampled texts distributed as the model alone does", async () => {
    const engine = await openGuessing({ maxSequences: 16 });
    const prompt = engine.tokenize("Once upon a time there was a", { bos: true });
    const temperature = 1.3;
    const topK = 4;
    // What is drawn from are the four likeliest tokens after each text.
    const next = async (text: readonly number[]): Promise<[token: number, chance: number][]> => {
      const all = await engine.logits(text);
      const { vocabularySize } = engine.info;
      const last = [...all.subarray(all.length - vocabularySize)].map((logit, token) => [token, logit] as const);
      const likeliest = last.sort((a, b) => b[1] - a[1]).slice(0, topK);
      const sum = likeliest.reduce((total, [, logit]) => total + Math.exp(logit / temperature), 0);
      return likeliest.map(([token, logit]) => [token, Math.exp(logit / temperature) / sum]);
    };
    const chances = new Map<string, number>();
    for (const [first, p] of await next(prompt)) {
      for (const [second, q] of await next([...prompt, first])) {
        for (const [third, r] of await next([...prompt, first, second]))
          chances.set(`${first} ${second} ${third}`, p * q * r);
      }
    }
    const texts = 1600;
    const counts = new Map<string, number>();
    for (let seed = 0; seed < texts / 16; seed++) {
      const request = { prompt: { tokens: prompt }, temperature, topK, seed, n: 16, maxTokens: 6, ignoreEos: true };
      for (const tokens of await generate(engine, request)) {
        const key = tokens.slice(0, 3).join(" ");
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
    expect([...counts.keys()].filter((key) => !chances.has(key))).toEqual([]);
    if (device.info.kind === "cpu") expect(engine.stats().drafts.accepted).toBeGreaterThan(texts);
    // Pearson's test; cells of fewer than five expected texts count as one.
    const cells = [...chances].map(([key, chance]) => ({ expected: chance * texts, found: counts.get(key) ?? 0 }));
    const large = cells.filter(({ expected }) => expected >= 5);
    const small = cells.filter(({ expected }) => expected < 5);
    const rest = { expected: 0, found: 0 };
    for (const { expected, found } of small) {
      rest.expected += expected;
      rest.found += found;
    }
    const all = rest.expected > 0 ? [...large, rest] : large;
    const chiSquare = all.reduce((sum, { expected, found }) => sum + (found - expected) ** 2 / expected, 0);
    // Mean k, variance 2k: five standard deviations. The seeds are fixed, so the figure is always the same.
    const freedom = all.length - 1;
    expect(freedom).toBeGreaterThan(10);
    expect(chiSquare).toBeLessThan(freedom + 5 * Math.sqrt(2 * freedom));
    await engine.close();
  });

  it("all but stops where it is wrong", async () => {
    // The same vocabulary, and the sign of every second weight turned.
    const wrong = stories.slice();
    for (let at = (wrong.length - 900_000) | 3; at < wrong.length; at += 8) wrong[at]! ^= 0x80;
    const draft = sourceOf(await ggufOf(wrong, "wrong.gguf"));
    let now = 0;
    // Rounds of the draft model and steps take as long.
    const [plain, guessing] = [await open(), await open({ draft, clock: () => ++now })];
    const request: GenerateRequest = { prompt: { text: "Once" }, seed: 4, maxTokens: 240, ignoreEos: true };
    expect(await generate(guessing, request)).toEqual(await generate(plain, request));
    const { tokens } = guessing.stats().drafts;
    if (device.info.kind === "cpu") expect(tokens).toBeGreaterThan(0);
    expect(tokens).toBeLessThan(120);
    await Promise.all([plain.close(), guessing.close()]);
  });

  it("is refused where the tokenizers differ, with both models' files closed", async () => {
    let closed = 0;
    const files = await ggufOf(nano, "tug-nano-q8_0.gguf");
    const draft = sourceOf({
      ...files,
      close: async () => {
        closed += 1;
      },
    });
    await expect(open({ draft })).rejects.toMatchObject({
      code: "bad-request",
      message: expect.stringContaining("tug-nano-q8_0.gguf can't guess for stories260K.gguf"),
      hint: expect.stringContaining("same tokenizer"),
    });
    expect(closed).toBe(1);
  });
});

describe("guesses for many texts", () => {
  const next = (text: Int32Array) => text.reduce((print, token) => (Math.imul(print, 31) + token + 7) >>> 0, 5) % 97;

  it("are what the small model would write, whatever was right before, and hold no block of an ended text", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ prompt: fc.integer({ min: 1, max: 60 }), turns: fc.array(fc.nat(5), { maxLength: 12 }) }),
          {
            minLength: 1,
            maxLength: 6,
          },
        ),
        fc.integer({ min: 4, max: 30 }),
        async (texts, blocks) => {
          const runner = {
            run: async (plan: StepPlan): Promise<StepResult> => {
              expect(plan.rows).toBeLessThanOrEqual(16);
              for (const { count, sequence, start } of plan.entries) {
                expect(start).toBe(sequence.computed);
                expect(sequence.table.blocks.length * 16).toBeGreaterThanOrEqual(start + count);
              }
              const takers = plan.entries.flatMap(({ samples }) => samples);
              return {
                tokens: Uint32Array.from(takers, (own) => next(own.tokens())),
                logprobs: new Float32Array(),
                top: undefined,
              };
            },
          };
          const limits = { blocks, maxSequences: 3, maxRows: 16, contextLength: 100, vocabulary: 97 };
          const model = new DraftModel(runner, limits, new StepCosts(), () => 0);
          const pool = new BlockPool(100);
          const all = texts.map(({ prompt, turns }, order) => ({
            sequence: new Sequence(
              order,
              Array.from({ length: prompt }, (_, i) => (order + i) % 97),
              pool,
              sequenceTerms,
            ),
            turns,
          }));
          for (let turn = 0; turn < 12; turn++) {
            for (const { sequence } of all) sequence.draft = [];
            await model.guess(
              all
                .filter(({ turns }) => turn < turns.length)
                .map(({ sequence, turns }) => ({ sequence, most: 1 + turns[turn]!, drawOf: () => unused })),
            );
            for (const { sequence, turns } of all) {
              if (turn >= turns.length) {
                model.forget(sequence);
                continue;
              }
              const text = [...sequence.tokens()];
              for (const token of sequence.draft) {
                expect(token).toBe(next(Int32Array.from(text)));
                text.push(token);
              }
              // Some guesses are right, then one is not.
              const right = sequence.draft.slice(0, turns[turn]! % 4);
              for (const token of right) sequence.append(token);
              sequence.append((turn * 13 + 1) % 97);
            }
          }
          for (const { sequence } of all) model.forget(sequence);
          expect(model.blocksUsed).toBe(0);
        },
      ),
      { numRuns: 100 },
    );
  });
});
