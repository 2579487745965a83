import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ManagementFixture, type Person, startManagement } from "../testing/management.ts";

let fixture: ManagementFixture;
let owner: Person;

beforeAll(async () => {
  fixture = await startManagement();
  owner = await fixture.enter("Olga", fixture.scope, "owner");
  // A micro-dollar for a token read, ten for one written.
  const prices = [{ target: "words", input: 1_000_000, cachedInput: 0, output: 10_000_000 }];
  const set = await fixture.call(owner, "billing.setPrices", { prices, seenVersion: 0 });
  expect(set.status).toBe(200);
}, 60_000);
afterAll(() => fixture.close());

async function makeKey(given: object = {}) {
  const input = { name: "Script", projectId: fixture.database.home.projectId, ...given };
  const { body } = await fixture.call(owner, "keys.create", input);
  return { secret: String(body.secret), key: body.key };
}

const ask = (secret: string, body: object = {}, headers: object = {}) =>
  fixture.app.request("/v1/completions", {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: "words", prompt: "hi", max_tokens: 3, ...body }),
  });

const query = async (input: object) => (await fixture.call(owner, "usage.query", input, "GET")).body;

describe("an answer", () => {
  it("says what it cost, beside usage as OpenAI has it", async () => {
    const { secret } = await makeKey();
    const response = await ask(secret);
    const body = await response.json();
    expect(body.usage).toEqual({
      prompt_tokens: 2,
      completion_tokens: 3,
      total_tokens: 5,
      prompt_tokens_details: { cached_tokens: 0 },
    });
    expect(body.tugboat).toEqual({ request_id: expect.stringMatching(/^[0-9a-f-]{36}$/), cost_micro_usd: 32 });
    expect(response.headers.get("x-tugboat-cost-microusd")).toBe("32");
    expect(response.headers.get("x-request-id")).toBe(`req_${body.tugboat.request_id.replaceAll("-", "")}`);
  });

  it("says it in a stream with the usage, and in no other chunk", async () => {
    const { secret } = await makeKey();
    const text = await (await ask(secret, { stream: true, stream_options: { include_usage: true } })).text();
    const chunks = text.split("\n\n").filter((line) => line.startsWith("data: {"));
    const documents = chunks.map((line) => JSON.parse(line.slice(6)));
    expect(documents.filter((one) => "tugboat" in one)).toEqual([documents.at(-1)]);
    expect(documents.at(-1)).toMatchObject({ usage: { completion_tokens: 3 }, tugboat: { cost_micro_usd: 32 } });
  });

  it("is one event each, whatever request id the client repeats", async () => {
    const { secret, key } = await makeKey();
    for (let i = 0; i < 3; i++) await (await ask(secret, {}, { "x-request-id": "mine" })).text();
    await fixture.meter.flush(5_000);
    expect(await query({ by: "key", key: key.id })).toMatchObject({
      requests: 3,
      inputTokens: 6,
      outputTokens: 9,
      costMicroUsd: 96,
      by: [{ id: key.id, name: "Script", requests: 3 }],
    });
  });

  it("that its reader leaves bills what was produced, and a refused request nothing", async () => {
    const { secret, key } = await makeKey();
    const stream = await ask(secret, { stream: true, max_tokens: 5 });
    const reader = stream.body?.getReader();
    await reader?.read();
    await reader?.read();
    await reader?.cancel();
    expect((await ask(secret, { max_tokens: -1 })).status).toBe(400);
    expect((await ask(secret, { prompt: "x".repeat(600) })).status).toBe(400);
    await fixture.meter.flush(5_000);
    const { requests, aborted, inputTokens, outputTokens } = await query({ by: "key", key: key.id });
    expect({ requests, aborted, inputTokens }).toEqual({ requests: 1, aborted: 1, inputTokens: 2 });
    expect(outputTokens).toBeGreaterThanOrEqual(1);
  });
});

describe("a key's budget", () => {
  it("warns, then refuses with the reason and the reset, in OpenAI's form; raised, it serves at once", async () => {
    const { secret, key } = await makeKey({ budgetMicroUsd: 70 });
    expect((await ask(secret)).headers.get("x-tugboat-budget-warning")).toBeNull();
    // 32 of 70, then 64 of 70.
    await (await ask(secret)).text();
    const third = await ask(secret);
    expect(third.status).toBe(200);
    expect(third.headers.get("x-tugboat-budget-warning")).toContain("91 %");
    const refused = await ask(secret);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("x-should-retry")).toBe("false");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    const { error } = await refused.json();
    expect(error).toMatchObject({ type: "insufficient_quota", code: "budget_exceeded", param: null });
    expect(error.message).toContain("$0.00007 a month");
    expect(error.message).toMatch(/\d{4}-\d{2}-01T00:00:00\.000Z/);
    const listed = (await fixture.call(owner, "keys.list", undefined, "GET")).body.keys;
    const shown = listed.find((one: { id: string }) => one.id === key.id);
    expect(shown.budgetMicroUsd).toBe(70);
    const raised = await fixture.call(owner, "keys.update", {
      id: key.id,
      updatedAt: shown.updatedAt,
      budgetMicroUsd: 1000,
    });
    expect(raised.body.budgetMicroUsd).toBe(1000);
    expect((await ask(secret)).status).toBe(200);
    const entry = (await fixture.scope.audit.list({ action: "keys.update", limit: 1 }))[0];
    expect(entry).toMatchObject({ before: { budgetMicroUsd: 70 }, after: { budgetMicroUsd: 1000 } });
  });

  it("of the organization stops the console's playground too", async () => {
    const subject = { scope: "organization", subjectId: fixture.scope.id };
    const set = await fixture.call(owner, "billing.setBudget", {
      ...subject,
      amountMicroUsd: 0,
      tokens: null,
      updatedAt: null,
    });
    expect(set.status).toBe(200);
    const response = await fixture.app.request("/v1/completions", {
      method: "POST",
      headers: { ...owner.headers, "content-type": "application/json" },
      body: JSON.stringify({ model: "words", prompt: "hi" }),
    });
    expect([response.status, (await response.json()).error.code]).toEqual([429, "budget_exceeded"]);
    const gone = { ...subject, amountMicroUsd: null, tokens: null, updatedAt: set.body.updatedAt };
    expect((await fixture.call(owner, "billing.setBudget", gone)).body).toBeNull();
  });
});

it("the reconciliation finds no difference after all of it", async () => {
  const { body } = await fixture.call(owner, "usage.reconcile", {}, "GET");
  expect(body).toMatchObject({ differences: [], invoiceLines: 0 });
  expect(body.requests).toBeGreaterThan(5);
  expect([body.events, body.rollups]).toEqual([body.requests, body.requests]);
});

it("prices that make no sense are refused with a sentence beside their field", async () => {
  const entry = { target: "x", input: 1, cachedInput: 1, output: 1 };
  const twice = await fixture.call(owner, "billing.setPrices", { prices: [entry, entry], seenVersion: 1 });
  expect([twice.status, twice.body.error.fields]).toEqual([400, { "prices.1.target": "x is priced twice." }]);
  for (const wrong of [{ input: -1 }, { output: 0.5 }, { target: "" }, { input: 1e300 }, { marginBasisPoints: -5 }]) {
    const { status } = await fixture.call(owner, "billing.setPrices", {
      prices: [{ ...entry, ...wrong }],
      seenVersion: 1,
    });
    expect([wrong, status]).toEqual([wrong, 400]);
  }
  expect((await fixture.call(owner, "billing.prices", undefined, "GET")).body).toMatchObject({ inForce: 1 });
});

it("a range that makes no sense is refused", async () => {
  const backwards = { from: "2026-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z" };
  expect((await fixture.call(owner, "usage.query", backwards, "GET")).status).toBe(400);
  const endless = { from: "2000-01-01T00:00:00Z" };
  expect((await fixture.call(owner, "usage.query", endless, "GET")).status).toBe(400);
});
