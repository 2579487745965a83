import { pino } from "pino";
import { afterEach, expect, it } from "vitest";
import { KeyLimits } from "../domain/keys/limits.ts";
import { KeyVerifier } from "../domain/keys/verifier.ts";
import { Catalog } from "../domain/models/catalog.ts";
import { type WordsEngine, wordsEngine } from "../testing/engine.ts";
import { memoryLauncher, until } from "../testing/workers.ts";
import { DeploymentPool } from "../workers/pool.ts";
import { creditWindow } from "../workers/protocol.ts";
import { createApp } from "./app.ts";
import { Metrics } from "./metrics.ts";

const key = `tug_${"k".repeat(43)}`;
const model = {
  name: "words",
  sourcePath: "/words.gguf",
  architecture: "llama",
  parameters: 1000,
  contextLength: 512,
  quantisation: "f32",
  licence: "MIT",
  bytes: 4000,
  addedAt: new Date(1_700_000_000_000),
  own: true,
};
const everything = {
  id: "k",
  organizationId: "o",
  projectId: "p",
  scopes: ["*"],
  models: [] as string[],
  requestsPerMinute: null as number | null,
  tokensPerMinute: null as number | null,
  expiresAt: null,
};
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

function edge(
  engine: WordsEngine = wordsEngine({ words: 5 }),
  { maxInFlight = 50, restricted = {} }: { maxInFlight?: number; restricted?: Partial<typeof everything> } = {},
) {
  const log = pino({ level: "silent" });
  const { launch, workers } = memoryLauncher(async () => engine);
  const catalog = new Catalog(() => ({ list: async () => [model] }), "words", "o");
  const pool = new DeploymentPool({
    find: (worker) => catalog.find(worker),
    launch,
    log,
    settings: { device: "cpu" },
    memoryBytes: 2 ** 30,
    maxInFlight,
  });
  const state = { draining: false, databaseLost: false };
  const keys = new KeyVerifier({
    verify: async () => {
      if (state.databaseLost) throw new Error("Connection terminated unexpectedly");
      return { ...everything, ...restricted };
    },
    touch: async () => {},
    watch: ({ onListening }) => onListening(true),
  });
  const metrics = new Metrics(() => pool.statuses());
  const app = createApp({
    catalog,
    pool,
    keys,
    limits: new KeyLimits(),
    metrics,
    log,
    corsOrigins: [],
    draining: () => state.draining,
  });
  closing.push(async () => {
    await pool.close();
    await keys.close();
  });
  const post = (path: string, body: unknown, signal?: AbortSignal) =>
    app.request(path, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(signal && { signal }),
    });
  return { app, engine, metrics, pool, post, state, workers };
}

const chat = { model: "words", messages: [{ role: "user", content: "hi" }] };

function events(text: string): unknown[] {
  return text
    .split("\n\n")
    .filter((event) => event !== "" && event !== "data: [DONE]")
    .map((event) => JSON.parse(event.replace(/^data: /, "")));
}

it("answers a chat in OpenAI's shape", async () => {
  const { post } = edge();
  const response = await post("/v1/chat/completions", { ...chat, n: 2, logprobs: true, top_logprobs: 1 });
  expect(response.status).toBe(200);
  expect(response.headers.get("server-timing")).toBe("queue;dur=1.0, prefill;dur=2.0, decode;dur=4.0");
  const body = await response.json();
  expect(body).toMatchObject({
    id: expect.stringMatching(/^chatcmpl-[0-9a-f]{32}$/),
    object: "chat.completion",
    model: "words",
    usage: { prompt_tokens: 2, completion_tokens: 10, total_tokens: 12, prompt_tokens_details: { cached_tokens: 0 } },
  });
  expect(body.choices).toHaveLength(2);
  expect(body.choices[1]).toMatchObject({
    index: 1,
    message: { role: "assistant", content: "word0 word1 word2 word3 word4 ", refusal: null },
    finish_reason: "stop",
  });
  expect(body.choices[1].logprobs.content).toHaveLength(5);
  expect(body.choices[1].logprobs.content[0].top_logprobs[0]).toEqual({
    token: "word0 ",
    logprob: -0.5,
    bytes: [119, 111, 114, 100, 48, 32],
  });
});

it("streams a chat: role first, then text, reason, usage, end", async () => {
  const { post } = edge();
  const response = await post("/v1/chat/completions", {
    ...chat,
    stream: true,
    stream_options: { include_usage: true },
  });
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  const text = await response.text();
  expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  const all = events(text);
  expect(all[0]).toMatchObject({
    choices: [{ delta: { role: "assistant", content: "" }, finish_reason: null }],
    usage: null,
  });
  expect(all[1]).toMatchObject({
    object: "chat.completion.chunk",
    choices: [{ delta: { content: "word0 " } }],
    usage: null,
  });
  expect(all.at(-2)).toMatchObject({ choices: [{ delta: {}, finish_reason: "stop" }] });
  expect(all.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 5 } });
});

it("numbers the choices of several prompts through", async () => {
  const { engine, post } = edge();
  const response = await post("/v1/completions", { model: "words", prompt: ["a", "bb"], n: 2, max_tokens: 2 });
  const body = await response.json();
  expect(body.choices.map(({ index, text }: { index: number; text: string }) => [index, text])).toEqual(
    [0, 1, 2, 3].map((index) => [index, "word0 word1 "]),
  );
  expect(body.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 8 });
  expect(engine.requests).toHaveLength(2);
});

it("runs a request in its organization's scope, and says how much of the prompt was there already", async () => {
  const { engine, post } = edge(wordsEngine({ words: 5, cachedTokens: 3 }));
  for (const stream of [false, true]) {
    const answer = await post("/v1/chat/completions", {
      ...chat,
      stream,
      stream_options: stream ? { include_usage: true } : undefined,
    });
    expect(answer.headers.get("x-tugboat-cache")).toBe("prefix");
    expect(await answer.text()).toContain('"prompt_tokens_details":{"cached_tokens":3}');
  }
  expect(engine.requests.map(({ cacheScope }) => cacheScope)).toEqual(["o", "o"]);
  const cold = await edge().post("/v1/chat/completions", chat);
  expect(cold.headers.get("x-tugboat-cache")).toBe("miss");
});

it("refuses what the engine refuses before a stream begins", async () => {
  const { post } = edge();
  const long = { ...chat, messages: [{ role: "user", content: "x".repeat(600) }], stream: true };
  const response = await post("/v1/chat/completions", long);
  expect(response.status).toBe(400);
  expect((await response.json()).error).toMatchObject({ code: "context_length_exceeded", param: "messages" });
});

it("takes no more from the engine than a client reads", async () => {
  const engine = wordsEngine({ words: 100_000 });
  const { post } = edge(engine);
  const response = await post("/v1/chat/completions", { ...chat, stream: true });
  const reader = response.body?.getReader();
  await reader?.read();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const { produced } = engine;
  // What the service holds, what is on its way, and what the worker may still send.
  expect(produced).toBeLessThan(3 * creditWindow);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(engine.produced).toBe(produced);
  await reader?.cancel();
  await until(() => engine.cancelled === 1);
});

it("cancels a decode that nobody waits for, streamed or not", async () => {
  const engine = wordsEngine({ words: 100_000 });
  const { metrics, pool, post } = edge(engine);
  const controller = new AbortController();
  const answer = post("/v1/chat/completions", chat, controller.signal);
  await until(() => engine.produced > 10);
  controller.abort();
  await until(() => engine.cancelled === 1);
  await answer;
  expect(pool.inFlight).toBe(0);
  expect((await metrics.text()).body).toContain('tugboat_requests_aborted_total{model="words"} 1');
});

it("says 429 when too many wait, with when to come again", async () => {
  const engine = wordsEngine({ words: 100_000 });
  const { post } = edge(engine, { maxInFlight: 2 });
  const streams = await Promise.all([1, 2].map(() => post("/v1/chat/completions", { ...chat, stream: true })));
  const response = await post("/v1/chat/completions", chat);
  expect([response.status, response.headers.get("retry-after")]).toEqual([429, "1"]);
  expect((await response.json()).error).toMatchObject({ code: "queue_full", type: "rate_limit_error" });
  await Promise.all(streams.map((stream) => stream.body?.cancel()));
});

it("tells its health: starting, serving, worker dead, stopping", async () => {
  const { app, post, state, workers } = edge();
  const health = async () => {
    const response = await app.request("/health");
    return [response.status, (await response.json()).status];
  };
  expect(await health()).toEqual([503, "starting"]);
  await post("/v1/chat/completions", chat);
  expect(await health()).toEqual([200, "ok"]);
  workers[0]?.crash("signal SIGKILL");
  await until(() => workers.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await health()).toEqual([503, "unavailable"]);
  state.draining = true;
  expect((await health())[1]).toBe("stopping");
  expect((await post("/v1/chat/completions", chat)).status).toBe(503);
});

it("keeps a sender's request id when it is a plain one", async () => {
  const { app } = edge();
  const ask = async (id: string) =>
    (await app.request("/health", { headers: { "x-request-id": id } })).headers.get("x-request-id");
  expect(await ask("abc-1")).toBe("abc-1");
  expect(await ask("a b<script>")).toMatch(/^req_[0-9a-f]{32}$/);
});

it("confines a key to its permissions", async () => {
  const { app, post } = edge(undefined, { restricted: { scopes: ["models:read"] } });
  const refused = await post("/v1/chat/completions", chat);
  expect(refused.status).toBe(403);
  expect((await refused.json()).error).toMatchObject({ code: "insufficient_permissions" });
  const headers = { authorization: `Bearer ${key}` };
  expect((await app.request("/v1/models", { headers })).status).toBe(200);
});

it("confines a key to its models, which are all that it sees", async () => {
  const { app, post } = edge(undefined, { restricted: { models: ["another"] } });
  const refused = await post("/v1/completions", { model: "words", prompt: "hi" });
  expect(refused.status).toBe(404);
  expect((await refused.json()).error).toMatchObject({ code: "model_not_found", param: "model" });
  const headers = { authorization: `Bearer ${key}` };
  expect((await (await app.request("/v1/models", { headers })).json()).data).toEqual([]);
  expect((await app.request("/v1/models/words", { headers })).status).toBe(404);
});

it("refuses the request beyond a key's limit in OpenAI's form, and says what is left before", async () => {
  const { post } = edge(undefined, { restricted: { requestsPerMinute: 2 } });
  const first = await post("/v1/chat/completions", chat);
  expect(first.headers.get("x-ratelimit-limit-requests")).toBe("2");
  expect(first.headers.get("x-ratelimit-remaining-requests")).toBe("1");
  await post("/v1/chat/completions", chat);
  const refused = await post("/v1/chat/completions", chat);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "30"]);
  expect((await refused.json()).error).toMatchObject({
    type: "rate_limit_error",
    code: "rate_limit_exceeded",
    message: "This API key may use 2 requests a minute, and has. Try again in 30 s.",
  });
});

it.each([false, true])("counts tokens that were read and written, streamed: %s", async (stream) => {
  const { post } = edge(undefined, { restricted: { tokensPerMinute: 7 } });
  const first = await post("/v1/chat/completions", { ...chat, stream });
  await first.text();
  const refused = await post("/v1/chat/completions", chat);
  expect(refused.status).toBe(429);
  expect((await refused.json()).error.message).toContain("7 tokens a minute");
});

it("counts the tokens of an answer whose reader went away", async () => {
  const engine = wordsEngine({ words: 100_000 });
  const { post } = edge(engine, { restricted: { tokensPerMinute: 5 } });
  const answer = await post("/v1/chat/completions", { ...chat, stream: true });
  const reader = answer.body?.getReader();
  let read = "";
  while (!read.includes("word9")) read += new TextDecoder().decode((await reader?.read())?.value);
  await reader?.cancel();
  expect((await post("/v1/chat/completions", chat)).status).toBe(429);
});

it("says 503, not 401, while keys can't be checked", async () => {
  const { post, state } = edge();
  state.databaseLost = true;
  const response = await post("/v1/chat/completions", chat);
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
  const { error } = await response.json();
  expect(error.code).toBe("database_unavailable");
  expect(error.message).not.toContain("terminated");
});
