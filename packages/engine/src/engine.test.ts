import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Device } from "@tugboat/kernels";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Engine, type GenerateRequest, loadEngine } from "./engine.ts";
import { EngineError } from "./errors.ts";
import type { FinishReason, GenerateEvent, TokenLogprobs, Usage } from "./generation/events.ts";
import { ggufOf, openTestDevice, openTestEngine, sourceOf } from "./testing/engines.ts";

const path = fileURLToPath(new URL("../../../models/stories260K/stories260K.gguf", import.meta.url));

let device: Device;
let bytes: Uint8Array;
let engine: Engine;

beforeAll(async () => {
  device = await openTestDevice();
  bytes = await readFile(path);
  engine = await openTestEngine(await ggufOf(bytes, "stories260K.gguf"), device);
});
afterAll(async () => {
  // Undefined when loading failed, which is the error to see.
  await engine?.close();
  device?.destroy();
});

interface Answer {
  readonly choices: {
    tokens: number[];
    text: string;
    reason?: FinishReason;
    stop?: string;
    logprobs: TokenLogprobs[];
  }[];
  readonly events: GenerateEvent[];
  readonly usage: Usage;
}

async function collect(events: AsyncIterable<GenerateEvent>): Promise<Answer> {
  const choices: Answer["choices"] = [];
  const all: GenerateEvent[] = [];
  let usage: Usage | undefined;
  for await (const event of events) {
    all.push(event);
    if (event.type === "start") continue;
    if (event.type === "done") {
      usage = event.usage;
      continue;
    }
    choices[event.choice] ??= { tokens: [], text: "", logprobs: [] };
    const choice = choices[event.choice]!;
    choice.text += event.text;
    if (event.type === "token") {
      choice.tokens.push(event.token);
      if (event.logprobs) choice.logprobs.push(event.logprobs);
    } else {
      choice.reason = event.reason;
      choice.stop = event.stop;
    }
  }
  return { choices, events: all, usage: usage! };
}

function answer(request: GenerateRequest, on: Engine = engine): Promise<Answer> {
  return collect(on.generate(request));
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof EngineError ? error.code : String(error);
  }
  return "no error";
}

const once: GenerateRequest = { prompt: { text: "Once upon a time" }, temperature: 0, maxTokens: 40 };

describe("generate", () => {
  it("streams the greedy continuation, and what it streamed is the text of the tokens", async () => {
    const { choices, events, usage } = await answer({ ...once, ignoreEos: true });
    const [choice] = choices;
    expect(choice!.text).toMatch(/^, there was a little girl named Lily\. She loved to play outside/);
    expect(choice!.text).toBe(engine.detokenize(choice!.tokens));
    expect(choice!.reason).toBe("length");
    expect(usage).toEqual({ promptTokens: 5, completionTokens: 40, cachedTokens: 0 });
    expect(events.map(({ type }) => type)).toEqual(["start", ...Array(40).fill("token"), "finish", "done"]);
  });

  it("ends at a stop string, shows nothing of it, and says which it was", async () => {
    const { choices } = await answer({ ...once, stop: ["loved", " Lily. She"] });
    expect(choices[0]).toMatchObject({ text: ", there was a little girl named", reason: "stop", stop: " Lily. She" });
  });

  it("releases what it held back when the stop string does not come", async () => {
    const { choices } = await answer({ ...once, maxTokens: 12, stop: [" named Lilyput"] });
    const plain = await answer({ ...once, maxTokens: 12 });
    expect(choices[0]).toMatchObject({ text: plain.choices[0]!.text, reason: "length" });
  });

  it("gives the same text for the same seed, whatever else runs", async () => {
    const request: GenerateRequest = { ...once, temperature: 1, topP: 0.95, seed: 7, maxTokens: 30, ignoreEos: true };
    const alone = await answer(request);
    const [together, other] = await Promise.all([
      answer(request),
      answer({ ...request, seed: 8 }),
      answer({ ...once, prompt: { text: "The dog" } }),
    ]);
    expect(together.choices).toEqual(alone.choices);
    expect(other.choices[0]!.text).not.toBe(alone.choices[0]!.text);
  });

  it("gives n choices that differ when sampled and agree when greedy", async () => {
    const request: GenerateRequest = { ...once, n: 4, maxTokens: 20, ignoreEos: true };
    const greedy = await answer(request);
    const [single] = (await answer({ ...request, n: 1 })).choices;
    expect(greedy.choices.map(({ tokens }) => tokens)).toEqual(Array(4).fill(single!.tokens));
    expect(greedy.usage).toEqual({ promptTokens: 5, completionTokens: 80, cachedTokens: 0 });
    const sampled = await answer({ ...request, temperature: 1, seed: 1 });
    expect(new Set(sampled.choices.map(({ text }) => text)).size).toBe(4);
    // The first choice is what the same seed gives alone.
    expect((await answer({ ...request, n: 1, temperature: 1, seed: 1 })).choices[0]).toEqual(sampled.choices[0]);
  });

  it("reports log-probabilities that are those of the logits", async () => {
    const { choices } = await answer({ ...once, maxTokens: 5, logprobs: 3 });
    const prompt = engine.tokenize("Once upon a time", { bos: true });
    const { tokens, logprobs } = choices[0]!;
    const logits = await engine.logits([...prompt, ...tokens.slice(0, -1)]);
    const size = engine.info.vocabularySize;
    tokens.forEach((token, i) => {
      const row = [...logits.subarray((prompt.length - 1 + i) * size, (prompt.length + i) * size)];
      const normaliser = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
      const report = logprobs[i]!;
      expect(report.token).toBe(token);
      expect(report.logprob).toBeCloseTo(row[token]! - normaliser, 4);
      expect(report.top.map((entry) => entry.token)).toEqual(
        row
          .map((logit, id) => ({ logit, id }))
          .sort((a, b) => b.logit - a.logit)
          .slice(0, 3)
          .map(({ id }) => id),
      );
      // Greedy: the token itself is the likeliest.
      expect(report.top[0]).toEqual({ ...report, top: undefined });
    });
  });

  it("obeys biases and penalties", async () => {
    const plain = await answer({ ...once, maxTokens: 60, ignoreEos: true });
    const first = plain.choices[0]!.tokens[0]!;
    const banned = await answer({ ...once, maxTokens: 3, logitBias: { [first]: -100 } });
    expect(banned.choices[0]!.tokens).not.toContain(first);
    const forced = await answer({ ...once, maxTokens: 3, logitBias: { 300: 100 } });
    expect(forced.choices[0]!.tokens).toEqual([300, 300, 300]);
    // With a strong penalty on every repetition no token comes twice while there are others.
    const fresh = await answer({ ...once, maxTokens: 60, ignoreEos: true, presencePenalty: 2, repetitionPenalty: 100 });
    expect(new Set(fresh.choices[0]!.tokens).size).toBe(60);
    expect(new Set(plain.choices[0]!.tokens).size).toBeLessThan(60);
  });

  it("computes batches as it computes single requests, through chunks and preemption", async () => {
    const story = (await answer({ ...once, maxTokens: 200, ignoreEos: true })).choices[0]!.tokens;
    const prompts = [5, 17, 90, 150, 33, 64].map((length) => [1, ...story.slice(0, length)]);
    const requests = prompts.map(
      (tokens): GenerateRequest => ({
        prompt: { tokens },
        temperature: 0,
        maxTokens: 60,
        ignoreEos: true,
      }),
    );
    const alone: number[][] = [];
    for (const request of requests) alone.push((await answer(request)).choices[0]!.tokens);
    // Room for one context and little more: sequences must give way to each other.
    const crowded = await openTestEngine(await ggufOf(bytes, "crowded"), device, {
      contextLength: 256,
      kvCacheBytes: 18 * 16 * 5 * 4 * 8 * 2 * 4,
    });
    try {
      const together = await Promise.all(requests.map((request) => answer(request, crowded)));
      expect(together.map(({ choices }) => choices[0]!.tokens)).toEqual(alone);
      expect(crowded.stats().preemptions).toBeGreaterThan(0);
      expect(crowded.stats()).toMatchObject({ running: 0, waiting: 0, kvBlocksUsed: 0, kvBlocksTotal: 18 });
    } finally {
      await crowded.close();
    }
  });

  it("computes an f16 cache and a block boundary as it does f32", async () => {
    const half = await openTestEngine(await ggufOf(bytes, "half"), device, { kvType: "f16" });
    try {
      const request = { ...once, maxTokens: 100, ignoreEos: true };
      expect((await answer(request, half)).choices).toEqual((await answer(request)).choices);
    } finally {
      await half.close();
    }
  });
});

describe("cancellation", () => {
  it("ends every choice at once when the signal aborts", async () => {
    const abort = new AbortController();
    const events: GenerateEvent[] = [];
    for await (const event of engine.generate({ ...once, n: 2, maxTokens: 400, ignoreEos: true }, abort)) {
      events.push(event);
      if (events.filter(({ type }) => type === "token").length === 6) abort.abort();
    }
    const finishes = events.filter((event) => event.type === "finish");
    expect(finishes.map(({ reason }) => reason)).toEqual(["cancelled", "cancelled"]);
    expect(events.filter(({ type }) => type === "token").length).toBeLessThan(12);
    expect(events.at(-1)?.type).toBe("done");
    expect(engine.stats()).toMatchObject({ running: 0, waiting: 0, kvBlocksUsed: 0 });
  });

  it("ends when the reader leaves", async () => {
    for await (const event of engine.generate({ ...once, maxTokens: 400, ignoreEos: true })) {
      if (event.type === "token") break;
    }
    const { steps } = engine.stats();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(engine.stats().steps).toBeLessThanOrEqual(steps + 1);
    expect(engine.stats()).toMatchObject({ running: 0, kvBlocksUsed: 0 });
  });

  it("computes nothing for a request that is aborted before it starts", async () => {
    const { choices, usage } = await collect(engine.generate(once, { signal: AbortSignal.abort() }));
    expect(choices[0]).toMatchObject({ tokens: [], reason: "cancelled" });
    expect(usage.completionTokens).toBe(0);
  });
});

describe("requests that cannot be answered", () => {
  it.each<[string, Partial<GenerateRequest>, string]>([
    ["negative temperature", { temperature: -1 }, "bad-request"],
    ["topP above 1", { topP: 1.5 }, "bad-request"],
    ["no tokens at all", { prompt: { tokens: [] } }, "bad-request"],
    ["a token past the vocabulary", { prompt: { tokens: [512] } }, "bad-request"],
    ["no messages", { prompt: { messages: [] } }, "bad-request"],
    ["too many choices", { n: 9 }, "bad-request"],
    ["an empty stop string", { stop: [""] }, "bad-request"],
    ["a bias for no token", { logitBias: { 5000: 1 } }, "bad-request"],
    ["21 log-probabilities", { logprobs: 21 }, "bad-request"],
    ["a prompt as long as the context", { prompt: { tokens: Array(512).fill(5) } }, "context-overflow"],
    ["more tokens than the context holds", { maxTokens: 508 }, "context-overflow"],
  ])("%s", (_, change, code) => {
    expect(codeOf(() => engine.generate({ ...once, ...change }))).toBe(code);
  });

  it("fills the context to its last token", async () => {
    const { choices, usage } = await answer({ ...once, maxTokens: 507, ignoreEos: true });
    expect(choices[0]!.reason).toBe("length");
    expect(usage).toMatchObject({ promptTokens: 5, completionTokens: 507 });
  });
});

describe("loading", () => {
  it("says what it loaded", () => {
    expect(engine.info).toMatchObject({
      name: "stories260K.gguf",
      architecture: "llama",
      contextLength: 512,
      vocabularySize: 512,
      quantisation: "f32",
      layers: 5,
      dim: 64,
      heads: 8,
      kvHeads: 4,
      hasChatTemplate: false,
    });
  });

  it("refuses contexts and caches that do not fit the model", async () => {
    const load = async (options: Parameters<typeof loadEngine>[1]) =>
      loadEngine(sourceOf(await ggufOf(bytes, "stories260K.gguf")), { device, ...options });
    await expect(load({ contextLength: 513 })).rejects.toMatchObject({ code: "bad-request" });
    await expect(load({ kvCacheBytes: 1000 })).rejects.toMatchObject({ code: "out-of-memory" });
    await expect(load({ maxSequences: 0 })).rejects.toMatchObject({ code: "bad-request" });
  });

  it("stops when it is told to", async () => {
    const source = sourceOf(await ggufOf(bytes, "stories260K.gguf"));
    await expect(loadEngine(source, { device, signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    });
    const abort = new AbortController();
    const loading = loadEngine(source, {
      device,
      signal: abort.signal,
      onProgress: ({ stage }) => stage === "read" && abort.abort(),
    });
    await expect(loading).rejects.toMatchObject({ name: "AbortError" });
  });

  it("reports progress up to the end of each stage", async () => {
    const last = new Map<string, number>();
    const loaded = await openTestEngine(await ggufOf(bytes, "stories260K.gguf"), device, {
      onProgress: ({ stage, done, total }) => last.set(stage, done / total),
    });
    await loaded.close();
    expect(Object.fromEntries(last)).toEqual({ read: 1, compile: 1, warm: 1 });
  });

  it("answers nothing after it was closed", async () => {
    const closing = await openTestEngine(await ggufOf(bytes, "stories260K.gguf"), device);
    const open = collect(closing.generate({ ...once, maxTokens: 400 }));
    const failed = expect(open).rejects.toMatchObject({ code: "closed" });
    await closing.close();
    await failed;
    expect(codeOf(() => closing.generate(once))).toBe("closed");
  });
});
