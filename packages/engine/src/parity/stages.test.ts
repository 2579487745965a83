import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Device } from "@tugboat/kernels";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Engine, GenerateRequest, LoadOptions } from "../engine.ts";
import { randomModel } from "../formats/testing/random-model.ts";
import type { ModelFiles } from "../formats/types.ts";
import type { Cuts } from "../stages/cut.ts";
import { joinStages, openStage, stagesOf } from "../stages/open.ts";
import { randomAdapter } from "../testing/adapters.ts";
import { ggufOf, openTestDevice, openTestEngine, someTokens, sourceOf } from "../testing/engines.ts";

const models = fileURLToPath(new URL("../../../../models/", import.meta.url));

let device: Device;
beforeAll(async () => {
  device = await openTestDevice();
});
afterAll(() => device.destroy());

let open: Engine[] = [];
afterEach(async () => {
  for (const engine of open) await engine.close();
  open = [];
});

async function whole(files: ModelFiles, options: LoadOptions): Promise<Engine> {
  const engine = await openTestEngine(files, device, options);
  open.push(engine);
  return engine;
}

/** Every stage in this process, as many workers of the head as asked for. */
async function cut(files: ModelFiles, cuts: Cuts, given: LoadOptions, heads = 1): Promise<Engine> {
  const options: LoadOptions = { device, kvType: "f32", maxSequences: 8, ...given };
  const source = sourceOf(files);
  const groups = [];
  for (const stage of await stagesOf(source, cuts)) {
    const workers = [];
    const count = stage.layers === 0 ? heads : 1;
    for (let i = 0; i < count; i++) workers.push(await openStage(source, stage, options));
    groups.push({ stage, workers });
  }
  const engine = await joinStages(source, groups, options);
  open.push(engine);
  return engine;
}

interface Text {
  readonly tokens: readonly (readonly number[])[];
  readonly logprobs: readonly (readonly (readonly number[])[])[];
}

async function textOf(engine: Engine, request: GenerateRequest): Promise<Text> {
  // The choices of one request may take turns differently.
  const tokens: number[][] = [];
  const logprobs: number[][][] = [];
  for await (const event of engine.generate({ temperature: 0, ignoreEos: true, logprobs: 2, ...request })) {
    if (event.type !== "token") continue;
    const { choice } = event;
    tokens[choice] = [...(tokens[choice] ?? []), event.token];
    // A GPU splits the work of a lone row differently, so there only the tokens must agree.
    if (device.info.kind !== "cpu") continue;
    const report = [event.logprobs!.logprob, ...event.logprobs!.top.map(({ logprob }) => logprob)];
    logprobs[choice] = [...(logprobs[choice] ?? []), report];
  }
  return { tokens, logprobs };
}

const together = (engine: Engine, requests: readonly GenerateRequest[]) =>
  Promise.all(requests.map((request) => textOf(engine, request)));

const everywhere: Cuts = { layers: 3, embedding: true, head: true };
const inTwo: Cuts = { layers: 2, embedding: false, head: false };

describe("a cut model", { timeout: 120_000 }, () => {
  let bytes: Uint8Array;
  beforeAll(async () => {
    bytes = await readFile(`${models}stories260K/stories260K.gguf`);
  });

  function requestsFor(vocabulary: number): GenerateRequest[] {
    const beginning = someTokens(75, vocabulary, 5);
    const long = [1, 2, 15, 16, 17, 33, 64, 100].map((length, i) => {
      const own = someTokens(length, vocabulary, 100 + i);
      return { prompt: { tokens: i % 2 === 0 ? own : [...beginning, ...own] }, maxTokens: 6 + 4 * i };
    });
    const drawn = { prompt: { tokens: someTokens(9, vocabulary, 4) }, maxTokens: 30, temperature: 0.8, seed: 7, n: 2 };
    const penalised = { prompt: { tokens: someTokens(9, vocabulary, 3) }, maxTokens: 30, repetitionPenalty: 1.3 };
    return [
      ...long,
      drawn,
      penalised,
      { prompt: { text: "Once" }, maxTokens: 40, constraint: { kind: "json-object" } },
    ];
  }

  it.each([
    ["in two", inTwo, 1],
    ["everywhere, with two workers of embedding and head", everywhere, 2],
  ])("%s writes what the whole writes, for mixed lengths, prefixes and masks", async (_, cuts, heads) => {
    const files = await ggufOf(bytes, "model.gguf");
    const options = { contextLength: 256 };
    const one = await whole(files, options);
    const requests = requestsFor(one.info.vocabularySize);
    const expected = await together(one, requests);
    const engine = await cut(await ggufOf(bytes, "model.gguf"), cuts, options, heads);
    expect(await together(engine, requests)).toEqual(expected);
    // And again, from the prefix cache.
    expect(await together(engine, requests)).toEqual(expected);
    expect(engine.stats().cachedTokens).toBeGreaterThan(0);
    expect(engine.stats().kvBlocksUsed).toBe(0);
  });

  it("writes the same when sequences are preempted", async () => {
    const options = { contextLength: 256, prefixCache: false };
    const one = await whole(await ggufOf(bytes, "model.gguf"), options);
    const requests = Array.from({ length: 6 }, (_, i) => ({
      prompt: { tokens: someTokens(20, one.info.vocabularySize, i + 1) },
      maxTokens: 100,
    }));
    const expected = await together(one, requests);
    // One context of 256 tokens in 16 blocks: five layers of four heads of eight values.
    const kvCacheBytes = 16 * 16 * 5 * 2 * 4 * 8 * 4;
    const engine = await cut(await ggufOf(bytes, "model.gguf"), everywhere, { ...options, kvCacheBytes });
    expect(await together(engine, requests)).toEqual(expected);
    expect(engine.stats().preemptions).toBeGreaterThan(0);
    expect(engine.stats().kvBlocksUsed).toBe(0);
  });

  it("reads texts as the whole does", async () => {
    const one = await whole(await ggufOf(bytes, "model.gguf"), {});
    const engine = await cut(await ggufOf(bytes, "model.gguf"), everywhere, {});
    const tokens = someTokens(40, one.info.vocabularySize, 9);
    expect(await engine.embed(tokens)).toEqual(await one.embed(tokens));
    expect(await engine.score(tokens, { from: 20 })).toEqual(await one.score(tokens, { from: 20 }));
    expect(await engine.logits(tokens)).toEqual(await one.logits(tokens));
  });

  it("takes adapters, different ones in one batch", async () => {
    const adapters = await Promise.all(
      [1, 2].map((seed) => randomAdapter("gemma3", { rank: 8 * seed, seed, strength: 0.3 })),
    );
    const texts = async (engine: Engine) => {
      const leases = [];
      for (const [i, adapter] of adapters.entries()) {
        leases.push(await engine.openAdapter(`adapter ${i}`, async () => adapter));
      }
      const requests = [undefined, ...leases, ...leases].map((adapter, i) => ({
        prompt: { tokens: someTokens(5 + 11 * i, engine.info.vocabularySize, i + 1) },
        maxTokens: 12,
        adapter,
      }));
      return together(engine, requests);
    };
    const expected = await texts(await whole(randomModel("gemma3"), { adapters: {} }));
    const engine = await cut(randomModel("gemma3"), everywhere, { adapters: {} });
    expect(await texts(engine)).toEqual(expected);
    expect(engine.stats().adapters).toMatchObject({ loaded: 2, inUse: 2 });
  });
});
