import OpenAI from "openai";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { secretContext } from "../../domain/upstreams/secret.ts";
import { listUpstream } from "../../jobs/kinds/upstreams-list.ts";
import {
  type Behaviour,
  behaviours,
  delta,
  type FakeUpstream,
  json,
  startFakeUpstream,
  streamHead,
} from "../../testing/fake-upstream.ts";
import { type ManagementFixture, startManagement, upstreamSettings } from "../../testing/management.ts";
import { until } from "../../testing/workers.ts";

const secret = "sk-very-secret-0123456789";
let fixture: ManagementFixture;
let fake: FakeUpstream;
let key: string;
let upstreamId: string;
let client: OpenAI;

beforeAll(async () => {
  fixture = await startManagement();
  fake = await startFakeUpstream();
  const { database, scope, vault } = fixture;
  const made = await scope.keys.create({ projectId: database.home.projectId, name: "k" });
  key = made.secret;
  const upstream = await scope.upstreams.create(
    { ...upstreamSettings("there", fake.url), headers: { "x-team": "tug" } },
    (id) => vault.seal(secret, secretContext(id)),
  );
  upstreamId = upstream.id;
  client = new OpenAI({
    apiKey: key,
    baseURL: "http://tugboat.test/v1",
    maxRetries: 0,
    fetch: async (url, init) => fixture.app.request(new URL(String(url)).pathname, init),
  });
}, 60_000);
afterAll(async () => {
  await fake.close();
  await fixture.close();
});
beforeEach(() => fixture.upstreams.forget(upstreamId));
afterEach(() => fake.behave(behaviours.words(["Hello", " there"])));

const messages = [{ role: "user" as const, content: "hi" }];
const upstreamTarget = () => ({ kind: "upstream" as const, upstreamId, model: "echo" });
const words = { kind: "model" as const, model: "words" };

function ask(body: object, headers: Record<string, string> = {}, signal?: AbortSignal) {
  return fixture.app.request("/v1/chat/completions", {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({ messages, ...body }),
    ...(signal && { signal }),
  });
}

async function alias(
  name: string,
  split: [ReturnType<typeof upstreamTarget> | typeof words, number][],
  failover: (ReturnType<typeof upstreamTarget> | typeof words)[] = [],
) {
  const plan = { split: split.map(([target, share]) => ({ target, share })), failover };
  return fixture.scope.aliases.create(name, { plan, createdBy: "test" });
}

/** What was changed is heard a moment later. */
const heard = (name: string) => until(async () => (await fixture.routes.directory(fixture.scope.id)).aliases.has(name));

describe("an upstream's model", () => {
  it("is called by its name, with the secret and the headers, whole", async () => {
    const answer = await client.chat.completions.create({ model: "there/echo", messages, temperature: 0.5 });
    expect(answer.model).toBe("there/echo");
    expect(answer.choices[0]?.message.content).toBe("Hello there");
    expect(answer.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 2 });
    expect(fake.requests[0]).toMatchObject({
      path: "/v1/chat/completions",
      headers: { authorization: `Bearer ${secret}`, "x-team": "tug" },
      body: { model: "echo", temperature: 0.5 },
    });
  });

  it("is streamed, with usage for those who asked and without for those who did not", async () => {
    const stream = await client.chat.completions.create({ model: "there/echo", messages, stream: true });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe("Hello there");
    expect(chunks.every(({ model, usage }) => model === "there/echo" && usage === undefined)).toBe(true);
    expect(fake.requests[0]?.body.stream_options).toEqual({ include_usage: true });
    const told = await client.chat.completions.create({
      model: "there/echo",
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let usage: unknown;
    for await (const chunk of told) usage = chunk.usage ?? usage;
    expect(usage).toMatchObject({ total_tokens: 9, prompt_tokens_details: { cached_tokens: 3 } });
  });

  it("is named in the header and found in the list", async () => {
    const response = await ask({ model: "there/echo" });
    expect(response.headers.get("x-tugboat-plan")).toBe("there/echo");
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    const list = await client.models.list();
    expect(list.data.map(({ id }) => id)).toEqual(expect.arrayContaining(["words", "there/echo"]));
    expect((await client.models.retrieve("there/echo")).owned_by).toBe("there");
    for (const model of ["there/other", "nowhere/echo"]) {
      await expect(client.chat.completions.create({ model, messages })).rejects.toMatchObject({
        status: 404,
        code: "model_not_found",
      });
    }
  });

  it("says when it is deprecated, until when and what replaces it, and goes on answering", async () => {
    const { routes, scope } = fixture;
    const known = async (stage: string) =>
      until(async () => ((await routes.directory(scope.id)).lives.get("there/echo")?.stage ?? "") === stage);
    const deprecatedAt = new Date("2023-06-30T23:59:59Z");
    const sunsetAt = new Date("2024-06-30T23:59:59Z");
    await scope.modelLives.set("there/echo", {
      ...{ stage: "deprecated", deprecatedAt, sunsetAt, successor: "words", note: "" },
    });
    await known("deprecated");
    await alias("ending", [[upstreamTarget(), 100]]);
    await heard("ending");
    for (const model of ["there/echo", "ending"]) {
      for (const stream of [false, true]) {
        const response = await ask({ model, stream });
        expect(response.status).toBe(200);
        expect(response.headers.get("deprecation")).toBe("@1688169599");
        expect(response.headers.get("sunset")).toBe("Sun, 30 Jun 2024 23:59:59 GMT");
        expect(response.headers.get("link")).toContain("successor-version");
        await response.text();
      }
    }
    await scope.modelLives.remove("there/echo");
    await known("");
    expect((await ask({ model: "there/echo" })).headers.get("deprecation")).toBeNull();
  });

  it("is listed anew by a job: what joined is known at once, and nothing is forgotten while it is away", async () => {
    const { scope, vault } = fixture;
    const run = (raw: object = {}) =>
      listUpstream.execute({
        ...{ id: upstreamId, input: { upstream: upstreamId }, subject: null, attempt: 1, checkpoint: undefined, scope },
        services: { home: "", hub: { endpoint: "" }, training: { device: "cpu", threads: 1, kernelCache: "" }, vault },
        signal: new AbortController().signal,
        log: pino({ level: "silent" }),
        progress: () => {},
        save: async () => {},
        commit: (work) => scope.transaction(async (tx) => (await work(tx)).result),
        ...raw,
      });
    const before = (await scope.upstreams.get(upstreamId)).models;
    fake.lists(["echo", "newer"]);
    expect(await run()).toMatchObject({ models: 2, joined: expect.arrayContaining(["newer"]) });
    expect((await scope.upstreams.get(upstreamId)).models).toEqual(["echo", "newer"]);
    fake.lists(undefined);
    await expect(run()).rejects.toThrow(/there/);
    expect((await scope.upstreams.get(upstreamId)).models).toEqual(["echo", "newer"]);
    fake.lists(["echo"]);
    await scope.upstreams.relist(upstreamId, before);
  });

  it("may be used by keys that name it or its upstream, and by no other confined key", async () => {
    const { database, scope } = fixture;
    const status = async (models: string[]) => {
      const { secret: other } = await scope.keys.create({ projectId: database.home.projectId, name: "k", models });
      return (await ask({ model: "there/echo" }, { authorization: `Bearer ${other}` })).status;
    };
    expect(await status(["there/echo"])).toBe(200);
    expect(await status(["there"])).toBe(200);
    expect(await status(["words"])).toBe(404);
  });
});

/** What an upstream does wrong, and what the client is told: by status, code and a word of the sentence. */
const wrongs: [string, Behaviour, number, string, RegExp][] = [
  ["says nothing", behaviours.silent(), 504, "upstream_timeout", /did not/],
  ["begins and says nothing", behaviours.stalls(""), 504, "upstream_timeout", /did not begin/],
  ["fails", behaviours.status(500, { error: { message: "CUDA at 10.1.2.3 burnt" } }), 502, "upstream_error", /500/],
  ["has no room", behaviours.status(429, {}, { "retry-after": "7" }), 429, "upstream_rate_limited", /no room/],
  [
    "refuses the secret",
    behaviours.status(401, { error: { message: secret } }),
    502,
    "upstream_refused_secret",
    /secret/,
  ],
  ["sends JSON that is none", behaviours.raw("data: {nonsense\n\n"), 502, "upstream_bad_answer", /not one of OpenAI's/],
  ["sends JSON of another kind", behaviours.raw('data: {"a":1}\n\n'), 502, "upstream_bad_answer", /not one of/],
  ["sends a page", behaviours.raw("<html>", "text/html"), 502, "upstream_bad_answer", /something else/],
  ["sends a huge line", behaviours.raw(`data: ${"x".repeat(3 << 20)}`), 502, "upstream_bad_answer", /can't be read/],
  ["ends at once", behaviours.raw(""), 502, "upstream_cut", /broke off/],
  [
    "redirects",
    behaviours.status(302, "", { location: "http://169.254.169.254/" }),
    502,
    "upstream_redirect",
    /redirects/,
  ],
  [
    "refuses the request",
    behaviours.status(400, { error: { message: "top_k is too big", param: "top_k", code: "invalid" } }),
    400,
    "invalid",
    /top_k is too big/,
  ],
];

describe("an upstream that misbehaves", () => {
  it.each(wrongs)("%s", async (_, behaviour, status, code, sentence) => {
    fake.behave(behaviour);
    const response = await ask({ model: "there/echo", stream: true });
    const text = await response.text();
    expect([response.status, JSON.parse(text).error.code]).toEqual([status, code]);
    expect(text).toMatch(sentence);
    for (const hidden of [secret, String(fake.port), "127.0.0.1", "10.1.2.3"]) expect(text).not.toContain(hidden);
    if (status === 429) expect(response.headers.get("retry-after")).toBe("7");
    // Nothing that may have begun is asked for again.
    expect(fake.requests).toHaveLength(1);
  });

  it.each([
    ["is cut", behaviours.cut(delta("Hel")), "upstream_cut"],
    ["falls silent", behaviours.stalls(delta("Hel")), "upstream_timeout"],
    ["goes on for ever", behaviours.endless(delta("Hel"), 20), "upstream_timeout"],
    ["goes on with nonsense", behaviours.raw(`${delta("Hel")}data: {\n\n`), "upstream_bad_answer"],
    [
      "ends with an error",
      behaviours.raw(`${delta("Hel")}data: {"error":{"message":"out of memory"}}\n\n`),
      "upstream_error",
    ],
  ] as const)("in the middle of a stream: %s", async (_, behaviour, code) => {
    fake.behave(behaviour);
    const response = await ask({ model: "there/echo", stream: true });
    expect(response.status).toBe(200);
    const events = (await response.text()).split("\n\n").filter((event) => event !== "");
    expect(events[0]).toContain("Hel");
    const last = JSON.parse(events.at(-1)?.slice(6) ?? "");
    expect(last.error.code).toBe(code);
  });

  it("is left alone after failures in a row, and asked again once it is well", async () => {
    fake.behave(behaviours.status(500));
    for (let i = 0; i < 5; i++) expect((await ask({ model: "there/echo" })).status).toBe(502);
    const resting = await ask({ model: "there/echo" });
    expect([resting.status, (await resting.json()).error.code]).toEqual([503, "upstream_unavailable"]);
    expect(Number(resting.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(fake.requests).toHaveLength(5);
    expect(fixture.upstreams.health(upstreamId)).toMatchObject({ phase: "open", inFlight: 0 });
    fake.behave(behaviours.words(["ok"]));
    fixture.upstreams.forget(upstreamId);
    expect((await ask({ model: "there/echo" })).status).toBe(200);
  });

  it("is stopped when the client goes away", async () => {
    fake.behave(behaviours.endless(delta("a"), 5));
    const gone = new AbortController();
    const response = await ask({ model: "there/echo", stream: true }, {}, gone.signal);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await until(() => fake.requests[0]?.gone === true);
    expect(fixture.upstreams.health(upstreamId)).toMatchObject({ inFlight: 0, phase: "closed" });
  });

  it("does not get a request that went round in circles", async () => {
    expect((await ask({ model: "there/echo" }, { "x-tugboat-hops": "4" })).status).toBe(400);
    expect(fake.requests).toHaveLength(0);
  });
});

describe("an alias", () => {
  it("is answered by what it points to, under its own name", async () => {
    await alias("here", [[words, 100]]);
    await alias("away", [[upstreamTarget(), 100]]);
    await heard("away");
    const here = await client.chat.completions.create({ model: "here", messages }).withResponse();
    expect(here.data.model).toBe("here");
    expect(here.data.choices[0]?.message.content).toContain("word0");
    expect(here.response.headers.get("x-tugboat-plan")).toBe("here@1:words");
    const away = await client.chat.completions.create({ model: "away", messages }).withResponse();
    expect(away.data.model).toBe("away");
    expect(away.response.headers.get("x-tugboat-plan")).toBe("away@1:there/echo");
  });

  it("sends each user always to the same of two, and asks the database nothing", async () => {
    await alias("canary", [
      [words, 60],
      [upstreamTarget(), 40],
    ]);
    await heard("canary");
    const plan = async (user: string) => (await ask({ model: "canary", user })).headers.get("x-tugboat-plan");
    const first = new Map<string, string | null>();
    for (let i = 0; i < 20; i++) first.set(`u${i}`, await plan(`u${i}`));
    expect(new Set(first.values())).toEqual(new Set(["canary@1:words", "canary@1:there/echo"]));
    const unlock = await lockTables();
    try {
      for (const [user, chosen] of first) expect(await plan(user)).toBe(chosen);
    } finally {
      await unlock();
    }
  });

  it("goes to the next target when the first is down and began nothing", async () => {
    await alias("safe", [[upstreamTarget(), 100]], [words]);
    await heard("safe");
    const plan = async () => {
      const response = await ask({ model: "safe", stream: true });
      return [response.status, response.headers.get("x-tugboat-plan"), (await response.text()).includes("word0")];
    };
    expect(await plan()).toEqual([200, "safe@1:there/echo", false]);
    for (const status of [500, 503, 429, 401, 404]) {
      fake.behave(behaviours.status(status));
      expect(await plan()).toEqual([200, "safe@1:words", true]);
    }
    // It may have begun to answer: asking another could make two completions.
    fixture.upstreams.forget(upstreamId);
    fake.behave(behaviours.silent());
    expect((await ask({ model: "safe", stream: true })).status).toBe(504);
    // What the request itself gets wrong is wrong everywhere.
    fake.behave(behaviours.status(400, { error: { message: "no" } }));
    expect((await ask({ model: "safe", stream: true })).status).toBe(400);
  });

  it("is moved under load without an error", async () => {
    const made = await alias("moving", [[words, 100]]);
    await heard("moving");
    fake.behave(({ body }, response) => {
      if (body.stream !== true) return json(response, 400, {});
      streamHead(response);
      setTimeout(
        () =>
          behaviours.words(["a"])(
            { path: "", headers: {}, body, gone: false },
            Object.assign(response, { writeHead: () => response }),
          ),
        5,
      );
    });
    let running = true;
    const seen = new Set<string | null>();
    const clientLoop = async () => {
      while (running) {
        const response = await ask({ model: "moving", stream: true });
        expect(response.status).toBe(200);
        expect(await response.text()).toContain("data: [DONE]");
        seen.add(response.headers.get("x-tugboat-plan"));
      }
    };
    const clients = Array.from({ length: 8 }, clientLoop);
    let alias1 = made;
    for (const target of [upstreamTarget(), words, upstreamTarget()]) {
      const plan = { split: [{ target, share: 100 }], failover: [] };
      alias1 = await fixture.scope.aliases.move(made.id, { plan, createdBy: "test" }, alias1.updatedAt);
      await until(() =>
        seen.has(`moving@${alias1.current.number}:${target.kind === "model" ? "words" : "there/echo"}`),
      );
    }
    running = false;
    await Promise.all(clients);
    expect(seen.size).toBeGreaterThanOrEqual(4);
  });
});

it("says which secret can't be opened, and asks nobody", async () => {
  const { scope } = fixture;
  const { id } = await scope.upstreams.create(upstreamSettings("sealed-elsewhere", fake.url), () => ({
    sealed: new Uint8Array(40),
    keyId: "0123456789abcdef",
  }));
  await until(async () => (await fixture.routes.directory(scope.id)).upstreams.has("sealed-elsewhere"));
  fake.behave(behaviours.words(["no"]));
  const response = await ask({ model: "sealed-elsewhere/echo" });
  expect([response.status, (await response.json()).error.message]).toEqual([
    503,
    expect.stringContaining("0123456789abcdef"),
  ]);
  expect(fake.requests).toHaveLength(0);
  await scope.upstreams.remove(id, (await scope.upstreams.get(id)).updatedAt);
});

/** Nobody can read the tables that serving rests on until they are unlocked: whoever tries, waits. */
async function lockTables(): Promise<() => Promise<void>> {
  const { Client } = await import("pg");
  const sql = new Client({ connectionString: fixture.database.url });
  await sql.connect();
  await sql.query("BEGIN");
  await sql.query(
    "LOCK TABLE organization, project, api_key, model, model_file, deployment, upstream, alias, alias_version",
  );
  return async () => {
    await sql.query("ROLLBACK");
    await sql.end();
  };
}
