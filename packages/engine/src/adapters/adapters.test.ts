import type { Device } from "@tugboat/kernels";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine, GenerateRequest, LoadOptions } from "../engine.ts";
import { randomGguf, randomModel } from "../formats/testing/random-model.ts";
import type { ModelFiles } from "../formats/types.ts";
import { randomAdapter } from "../testing/adapters.ts";
import { ggufOf, openTestDevice, openTestEngine, relativeError, someTokens, sourceOf } from "../testing/engines.ts";
import { openTrainer } from "../train/trainer.ts";
import type { PeftAdapter } from "../train/types.ts";
import type { AdapterLease } from "./adapters.ts";

let device: Device;
let adapters: Record<"a" | "b" | "c", PeftAdapter>;
beforeAll(async () => {
  device = await openTestDevice();
  adapters = {
    a: await randomAdapter("llama", { rank: 8, seed: 1 }),
    b: await randomAdapter("llama", { rank: 3, seed: 2, targets: ["q_proj", "v_proj"], strength: 0.4 }),
    c: await randomAdapter("llama", { rank: 20, seed: 3, targets: ["up_proj", "down_proj", "o_proj"] }),
  };
});
afterAll(() => device.destroy());

const gguf = async (type: "q8_0" | "f16") => ggufOf(await randomGguf("llama", { type }), "llama");
const cases: readonly [string, () => Promise<ModelFiles>][] = [
  ["f32, a folder", async () => randomModel("llama")],
  ["q8_0, GGUF", () => gguf("q8_0")],
  ["f16, GGUF", () => gguf("f16")],
];

const open = (files: ModelFiles, options: LoadOptions = {}) =>
  openTestEngine(files, device, { contextLength: 128, adapters: {}, ...options });
const give = (engine: Engine, id: keyof typeof adapters) => engine.openAdapter(id, async () => adapters[id]);

async function generate(engine: Engine, request: GenerateRequest) {
  const tokens: number[] = [];
  const logprobs: number[] = [];
  let cached = 0;
  for await (const event of engine.generate({ temperature: 0, ignoreEos: true, logprobs: 0, ...request })) {
    if (event.type === "token") {
      tokens.push(event.token);
      logprobs.push(event.logprobs!.logprob);
    }
    if (event.type === "done") cached = event.usage.cachedTokens;
  }
  return { tokens, logprobs, cached };
}

describe.each(cases)("adapters over %s", { timeout: 60_000 }, (_, files) => {
  it("write the same in one batch with others, and with none, as alone", async () => {
    const alone = await open(await files(), { maxSequences: 1, prefixCache: false });
    const plain = await open(await files(), { maxSequences: 1, prefixCache: false, adapters: undefined });
    const together = await open(await files());
    const vocabulary = plain.info.vocabularySize;
    const wanted = (["a", "b", "c", undefined] as const).flatMap((id, i) =>
      [1, 9, 30].map((length, j) => ({ id, tokens: someTokens(length, vocabulary, 10 * i + j), maxTokens: 6 + 4 * j })),
    );
    const expected = [];
    for (const { id, maxTokens, tokens } of wanted) {
      const engine = id === undefined ? plain : alone;
      const adapter = id && (await give(engine, id));
      expected.push(await generate(engine, { prompt: { tokens }, maxTokens, adapter }));
      adapter?.release();
    }
    const running = wanted.map(async ({ id, maxTokens, tokens }) => {
      const adapter = id && (await give(together, id));
      const text = generate(together, { prompt: { tokens }, maxTokens, adapter });
      // A request that was begun keeps its adapter.
      adapter?.release();
      return text;
    });
    const got = await Promise.all(running);
    expect(got.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
    if (device.info.kind === "cpu") {
      expect(got.map(({ logprobs }) => logprobs)).toEqual(expected.map(({ logprobs }) => logprobs));
    }
    expect(together.stats().adapters).toMatchObject({ loaded: 3, inUse: 0, loads: 3, evictions: 0 });
    await Promise.all([alone.close(), plain.close(), together.close()]);
  });

  it("mean what the merged model means", async () => {
    const model = await files();
    const engine = await open(model);
    const isInteger = engine.info.quantisation.startsWith("q");
    const tokens = someTokens(40, engine.info.vocabularySize, 7);
    const base = await engine.logits(tokens);
    for (const id of ["a", "b", "c"] as const) {
      const { r: rank, lora_alpha: alpha } = adapters[id].config as { r: number; lora_alpha: number };
      const targets = { a: undefined, b: ["q_proj", "v_proj"], c: ["up_proj", "down_proj", "o_proj"] } as const;
      const method = { kind: "lora", rank, alpha, targets: targets[id] } as const;
      const trainer = await openTrainer(sourceOf(await files()), { device, method, contextLength: 64, maxRows: 64 });
      await trainer.importAdapter(adapters[id]);
      const merged = await openTestEngine((await trainer.merged()).files, device, { contextLength: 128 });
      const expected = await merged.logits(tokens);
      const adapter = await give(engine, id);
      const got = await engine.logits(tokens, { adapter });
      adapter.release();
      // Matrices of the merged model are f32, so activations are not rounded to int8 there.
      const error = relativeError(got, expected);
      expect(error).toBeLessThan(isInteger ? 0.04 : 2e-3);
      expect(relativeError(base, expected)).toBeGreaterThan(5 * error);
      await merged.close();
      await trainer.close();
    }
    await engine.close();
  });
});

describe("many adapters", { timeout: 60_000 }, () => {
  const read = async (seed: number) => randomAdapter("llama", { rank: 8, seed, strength: 0.2 });

  it("evicts the one unused the longest, grows meanwhile, and reads it again with the same result", async () => {
    const engine = await open(randomModel("llama"), { adapters: { maxRank: 16, bytes: 0.9e6 } });
    const prompt = { tokens: [5, 6, 7] };
    const texts = new Map<number, readonly number[]>();
    const ask = async (seed: number) => {
      const adapter = await engine.openAdapter(`number ${seed}`, () => read(seed));
      const { tokens } = await generate(engine, { prompt, maxTokens: 8, adapter });
      adapter.release();
      return tokens;
    };
    // One request goes on all the while.
    const own = await engine.openAdapter("number 0", () => read(0));
    const long = generate(engine, { prompt, maxTokens: 100, adapter: own });
    own.release();
    for (let seed = 1; seed < 30; seed++) texts.set(seed, await ask(seed));
    const { evictions, loaded, loads } = engine.stats().adapters;
    expect(loads).toBe(30);
    expect(evictions).toBe(30 - loaded);
    expect(evictions).toBeGreaterThan(0);
    expect(await ask(1)).toEqual(texts.get(1));
    expect(engine.stats().adapters.loads).toBe(31);
    expect(new Set([...texts.values()].map(String)).size).toBeGreaterThan(20);
    const alone = await open(randomModel("llama"));
    const adapter = await alone.openAdapter("number 0", () => read(0));
    expect((await long).tokens).toEqual((await generate(alone, { prompt, maxTokens: 100, adapter })).tokens);
    await Promise.all([engine.close(), alone.close()]);
  });

  it("never finds a prompt that another adapter, or none, has read", async () => {
    const engine = await open(randomModel("llama"));
    const prompt = { tokens: someTokens(64, engine.info.vocabularySize, 3) };
    engine.declarePrefix({ tokens: prompt.tokens.slice(0, 32) });
    const ask = (adapter: AdapterLease | undefined, cacheScope: string) =>
      generate(engine, { prompt, maxTokens: 1, adapter, cacheScope });
    const [a, b] = [await give(engine, "a"), await give(engine, "b")];
    const found = [];
    for (const [adapter, scope] of [
      [a, "one"],
      [b, "one"],
      [undefined, "one"],
      [a, "one"],
      [a, "two"],
      [undefined, "two"],
    ] as const) {
      found.push((await ask(adapter, scope)).cached);
    }
    // The declared prefix of two blocks is everybody's who uses the same adapter.
    expect(found).toEqual([0, 0, 0, 63, 32, 32]);
    await engine.close();
  });

  it("refuses what does not fit, and says so", async () => {
    const engine = await open(randomModel("llama"), { adapters: { maxRank: 8, bytes: 1 } });
    const other = randomAdapter("llama3", { rank: 8, seed: 1 });
    await expect(engine.openAdapter("other", () => other)).rejects.toMatchObject({ code: "bad-request" });
    await expect(give(engine, "c")).rejects.toMatchObject({ code: "unsupported" });
    const a = await give(engine, "a");
    await expect(give(engine, "b")).rejects.toMatchObject({ code: "queue-full" });
    a.release();
    expect(() => engine.generate({ prompt: { tokens: [1] }, adapter: a })).toThrow(/was released/);
    (await give(engine, "b")).release();
    await engine.close();
    const without = await open(randomModel("llama"), { adapters: undefined });
    await expect(give(without, "a")).rejects.toMatchObject({ code: "unsupported" });
    await without.close();
  });
});
