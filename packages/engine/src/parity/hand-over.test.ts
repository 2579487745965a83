import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Device, KvType } from "@tugboat/kernels";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Engine, GenerateRequest, LoadOptions } from "../engine.ts";
import { joinStages, openStage, stagesOf } from "../stages/open.ts";
import { ggufOf, openTestDevice, openTestEngine, someTokens, sourceOf } from "../testing/engines.ts";

const file = fileURLToPath(new URL("../../../../models/stories260K/stories260K.gguf", import.meta.url));

let device: Device;
let bytes: Uint8Array;
beforeAll(async () => {
  device = await openTestDevice();
  bytes = await readFile(file);
});
afterAll(() => device.destroy());

let open: Engine[] = [];
afterEach(async () => {
  for (const engine of open) await engine.close();
  open = [];
});

async function whole(options: LoadOptions = {}): Promise<Engine> {
  const engine = await openTestEngine(await ggufOf(bytes, "model.gguf"), device, { contextLength: 256, ...options });
  open.push(engine);
  return engine;
}

async function cut(given: LoadOptions = {}): Promise<Engine> {
  const options: LoadOptions = { device, kvType: "f32", maxSequences: 8, contextLength: 256, ...given };
  const source = sourceOf(await ggufOf(bytes, "model.gguf"));
  const groups = [];
  for (const stage of await stagesOf(source, { layers: 2, embedding: true, head: true })) {
    groups.push({ stage, workers: [await openStage(source, stage, options)] });
  }
  const engine = await joinStages(source, groups, options);
  open.push(engine);
  return engine;
}

async function textOf(engine: Engine, request: GenerateRequest) {
  const tokens: number[] = [];
  const logprobs: number[] = [];
  let cached = 0;
  for await (const event of engine.generate({ temperature: 0, ignoreEos: true, logprobs: 0, ...request })) {
    if (event.type === "token") {
      tokens.push(event.token);
      if (device.info.kind === "cpu") logprobs.push(event.logprobs!.logprob);
    }
    if (event.type === "done") cached = event.usage.cachedTokens;
  }
  return { tokens, logprobs, cached };
}

/** Reads a prompt in one engine and writes the answer in another. */
async function handedOver(from: Engine, to: Engine, request: GenerateRequest) {
  const { cachedTokens, handOver } = await from.prefill(request);
  const taken = handOver ? await to.takeOver(handOver) : 0;
  return { taken, ...(await textOf(to, { ...request, cachedElsewhere: cachedTokens })) };
}

const lengths = [1, 15, 16, 17, 33, 100];
const requestsFor = ({ info }: Engine) =>
  lengths.map((length, i) => ({ prompt: { tokens: someTokens(length, info.vocabularySize, 40 + i) }, maxTokens: 20 }));
const blocksOf = (length: number) => length - (length % 16);

describe("prefill in one engine, decode in another", { timeout: 120_000 }, () => {
  it.each<KvType>(["f32", "f16", "q8_0"])("writes what one engine writes, with a cache in %s", async (kvType) => {
    const one = await whole({ kvType });
    const [prefill, decode] = [await whole({ kvType }), await whole({ kvType })];
    const requests = requestsFor(one);
    const expected = [];
    for (const request of requests) expected.push(await textOf(one, request));
    const texts = await Promise.all(requests.map((request) => handedOver(prefill, decode, request)));
    expect(texts).toEqual(expected.map((text, i) => ({ ...text, taken: blocksOf(lengths[i]!) })));
    // What was handed over was computed for it: that is no hit of a cache.
    expect(decode.stats().cachedTokens).toBe(0);
    expect([prefill.stats().kvBlocksUsed, decode.stats().kvBlocksUsed]).toEqual([0, 0]);
    // The second time the prefill worker has it, and says so.
    expect(await handedOver(prefill, decode, requests[5]!)).toEqual({ ...expected[5], taken: 96, cached: 96 });
  });

  it("goes between models that are cut and models that are not", async () => {
    const one = await whole();
    const [request] = requestsFor(one).slice(-1);
    const expected = await textOf(one, request!);
    const parts = await cut();
    expect(await handedOver(parts, await whole(), request!)).toEqual({ ...expected, taken: 96 });
    expect(await handedOver(await whole(), await cut(), request!)).toEqual({ ...expected, taken: 96 });
  });

  it("computes again what finds no room", async () => {
    const one = await whole();
    const { dim, heads, kvHeads, layers } = one.info;
    // One context of 256 tokens.
    const kvCacheBytes = 256 * layers * 2 * kvHeads * (dim / heads) * 4;
    const [prefill, decode] = [await whole(), await whole({ kvCacheBytes })];
    const requests = Array.from({ length: 5 }, (_, i) => ({
      prompt: { tokens: someTokens(100, one.info.vocabularySize, i + 1) },
      maxTokens: 40,
    }));
    const expected = [];
    for (const request of requests) expected.push((await textOf(one, request)).tokens);
    const texts = await Promise.all(requests.map((request) => handedOver(prefill, decode, request)));
    expect(texts.map(({ tokens }) => tokens)).toEqual(expected);
    expect(decode.stats().kvBlocksUsed).toBe(0);
  });

  it("refuses what another kind of cache made, and keeps scopes apart", async () => {
    const prefill = await whole({ kvType: "f16" });
    const tokens = someTokens(40, prefill.info.vocabularySize, 3);
    const { handOver } = await prefill.prefill({ prompt: { tokens }, cacheScope: "a" });
    await expect((await whole()).takeOver(handOver!)).rejects.toMatchObject({ code: "bad-request" });
    const decode = await whole({ kvType: "f16" });
    await decode.takeOver(handOver!);
    expect((await textOf(decode, { prompt: { tokens }, maxTokens: 2, cacheScope: "b" })).cached).toBe(0);
    expect((await textOf(decode, { prompt: { tokens }, maxTokens: 2, cacheScope: "a" })).cached).toBe(32);
  });
});
