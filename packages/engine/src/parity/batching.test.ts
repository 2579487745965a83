import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Device, type KvType, kvBlockBytes } from "@tugboat/kernels";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine, GenerateRequest, LoadOptions } from "../engine.ts";
import { ggufOf, openTestDevice, openTestEngine, someTokens } from "../testing/engines.ts";

const models = fileURLToPath(new URL("../../../../models/", import.meta.url));

let device: Device;
beforeAll(async () => {
  device = await openTestDevice();
});
afterAll(() => device.destroy());

interface Text {
  readonly tokens: readonly number[];
  /** Each token's log-probability, which shows what equal tokens could hide. */
  readonly logprobs: readonly number[];
  readonly cached: number;
}

async function generate(engine: Engine, request: GenerateRequest): Promise<Text> {
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

interface Model {
  readonly name: string;
  readonly file: string;
  readonly type: KvType;
}

const stories = "stories260K/stories260K.gguf";
const small = "tug-small/tug-small-q8_0.gguf";
const cases: readonly Model[] = [
  { name: "stories260K, KV cache in f32", file: stories, type: "f32" },
  { name: "stories260K, KV cache in q8_0", file: stories, type: "q8_0" },
  { name: "tug-small, KV cache in f16", file: small, type: "f16" },
];

/**
 * On the CPU every row's arithmetic is the same to the bit whatever else is in the step: sums over inputs run in one order
 * for one row and for many, and attention takes the same positions at a time. GPUs split the work of a lone row
 * differently, so there only the tokens must agree.
 */
describe.each(cases)("$name", { timeout: 120_000 }, ({ file, type }) => {
  let bytes: Uint8Array;
  /** One request at a time, nothing remembered. */
  let alone: Engine;
  let requests: GenerateRequest[];
  let expected: Text[];
  const open = async (options: LoadOptions) =>
    openTestEngine(await ggufOf(bytes, "model.gguf"), device, { kvType: type, contextLength: 256, ...options });
  const same = (got: readonly Text[]) => {
    expect(got.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
    if (device.info.kind === "cpu") {
      expect(got.map(({ logprobs }) => logprobs)).toEqual(expected.map(({ logprobs }) => logprobs));
    }
  };

  beforeAll(async () => {
    bytes = await readFile(models + file);
    alone = await open({ maxSequences: 1, prefixCache: false });
    // Lengths from 1 to several chunks; half of the prompts begin alike, and part within a block.
    const beginning = someTokens(75, alone.info.vocabularySize, 5);
    requests = [1, 2, 15, 16, 17, 33, 64, 100].map((length, i) => {
      const own = someTokens(length, alone.info.vocabularySize, 100 + i);
      return { prompt: { tokens: i % 2 === 0 ? own : [...beginning, ...own] }, maxTokens: 12 + 5 * i };
    });
    // Short ones that grow long: together they outgrow a small cache.
    for (const seed of [1, 2, 3]) {
      requests.push({ prompt: { tokens: someTokens(5, alone.info.vocabularySize, seed) }, maxTokens: 100 });
    }
    expected = [];
    for (const request of requests) expected.push(await generate(alone, request));
  }, 120_000);
  afterAll(() => alone?.close());

  it("writes the same in a batch of mixed lengths as alone", async () => {
    const engine = await open({ maxSequences: 8, prefixCache: false });
    try {
      same(await Promise.all(requests.map((request) => generate(engine, request))));
    } finally {
      await engine.close();
    }
  });

  it("writes the same when prompts begin with what was computed before, in whole and in part of a block", async () => {
    const engine = await open({ maxSequences: 4 });
    try {
      const cold = await Promise.all(requests.map((request) => generate(engine, request)));
      const warm = await Promise.all(requests.map((request) => generate(engine, request)));
      same(cold);
      same(warm);
      // All of a prompt but its last token, where it fills whole blocks at least.
      warm.forEach(({ cached }, i) => {
        const { prompt } = requests[i]!;
        const length = "tokens" in prompt ? prompt.tokens.length : 0;
        expect(cached).toBeGreaterThanOrEqual(length < 16 ? 0 : length - 1 - ((length - 1) % 16));
        expect(cached).toBeLessThan(length);
      });
    } finally {
      await engine.close();
    }
  });

  it("writes the same when sequences are preempted and computed again", async () => {
    const { kvBlocksTotal } = alone.stats();
    // Room for one context: the batch does not fit.
    const engine = await open({ maxSequences: 8, kvCacheBytes: bytesOf(alone, type) * kvBlocksTotal });
    try {
      same(await Promise.all(requests.map((request) => generate(engine, request))));
      expect(engine.stats().preemptions).toBeGreaterThan(0);
      const { kvBlocksUsed } = engine.stats();
      expect(kvBlocksUsed).toBe(0);
    } finally {
      await engine.close();
    }
  });

  it("writes the same when the blocks of preempted sequences go to the host and come back", async () => {
    const { kvBlocksTotal } = alone.stats();
    let engine: Engine | undefined;
    let asking = false;
    // Steps take time, and copies none: so that whatever the machine, they are worth while.
    const clock = () => {
      if (!engine || asking) return 0;
      asking = true;
      const { steps } = engine.stats();
      asking = false;
      return steps;
    };
    engine = await open({ maxSequences: 8, kvCacheBytes: bytesOf(alone, type) * kvBlocksTotal, clock });
    try {
      same(await Promise.all(requests.map((request) => generate(engine, request))));
      const { kvBlocksUsed, preemptions, swap } = engine.stats();
      expect(preemptions).toBeGreaterThan(0);
      expect(swap.saved).toBeGreaterThan(0);
      expect(swap.loaded).toBeGreaterThan(0);
      expect(kvBlocksUsed).toBe(0);
    } finally {
      await engine.close();
    }
  });

  it("shares nothing across scopes but what is declared public", async () => {
    const engine = await open({ maxSequences: 2 });
    try {
      const request = requests[3]!;
      const inScope = (cacheScope: string) => generate(engine, { ...request, cacheScope });
      const first = await inScope("a");
      expect([first.cached, (await inScope("b")).cached]).toEqual([0, 0]);
      expect((await inScope("a")).cached).toBe(90);
      const tokens = someTokens(75, engine.info.vocabularySize, 5);
      const declared = engine.declarePrefix({ tokens }, { pin: true });
      expect(declared.tokens).toBe(64);
      expect((await inScope("c")).cached).toBe(0);
      const shared = await inScope("d");
      expect(shared.cached).toBe(64);
      expect(shared.tokens).toEqual(first.tokens);
      declared.release();
      expect((await inScope("e")).cached).toBe(0);
    } finally {
      await engine.close();
    }
  });
});

/** Of one block in all layers. */
function bytesOf({ info }: Engine, type: KvType): number {
  const { dim, heads, kvHeads, layers } = info;
  const { keys, values } = kvBlockBytes({ kvHeads, headDim: dim / heads, blocks: 1, type });
  return (keys + values) * layers;
}
