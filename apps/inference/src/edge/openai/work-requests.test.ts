import { afterAll, beforeAll, expect, it } from "vitest";
import type { AskRequest } from "../../domain/asking/ask.ts";
import { askPatiently } from "../../domain/asking/patiently.ts";
import { type ManagementFixture, type Person, startManagement } from "../../testing/management.ts";
import { WorkRequests } from "./work-requests.ts";

let fixture: ManagementFixture;
let owner: Person;
let requests: WorkRequests;

beforeAll(async () => {
  fixture = await startManagement();
  requests = new WorkRequests(fixture.edge);
  owner = await fixture.enter("Olga", fixture.scope, "owner");
  const prices = [{ target: "words", input: 1_000_000, cachedInput: 0, output: 10_000_000 }];
  await fixture.call(owner, "billing.setPrices", { prices, seenVersion: 0 });
}, 60_000);
afterAll(() => fixture.close());

const request = (body: object, more: Partial<AskRequest> = {}): AskRequest => ({
  organizationId: fixture.scope.id,
  work: { kind: "evaluation", subject: "an-evaluation" },
  endpoint: "/v1/chat/completions",
  body: { model: "words", messages: [{ role: "user", content: "hi" }], max_tokens: 3, ...body },
  signal: new AbortController().signal,
  ...more,
});

it("answers with text, tokens, cost and times, and is one event of its kind in the organization's name", async () => {
  const answer = await requests.ask(request({ logprobs: true, top_logprobs: 2, stream: true }));
  if (!answer.ok) throw new Error(answer.message);
  expect(answer).toMatchObject({
    text: "word0 word1 word2 ",
    finishReason: "length",
    usage: { inputTokens: 2, outputTokens: 3, cachedTokens: 0 },
    costMicroUsd: 32,
    queueMs: 1,
    plan: "words",
  });
  expect(answer.latencyMs).toBeGreaterThan(0);
  expect(answer.logprobs?.map(({ logprob, token, top }) => [token, logprob, top.length])).toEqual([
    ["word0 ", -0.5, 2],
    ["word1 ", -0.5, 2],
    ["word2 ", -0.5, 2],
  ]);
  await fixture.meter.flush(5_000);
  const { body } = await fixture.call(owner, "usage.query", { by: "kind" }, "GET");
  expect(body.by).toContainEqual(expect.objectContaining({ id: "evaluation", requests: 1, costMicroUsd: 32 }));
});

it("reads plain completions and embeddings", async () => {
  const plain = await requests.ask(
    request({}, { endpoint: "/v1/completions", body: { model: "words", prompt: "hi", max_tokens: 1, logprobs: 1 } }),
  );
  expect(plain).toMatchObject({ ok: true, text: "word0 ", logprobs: [{ token: "word0 ", logprob: -0.5 }] });
  const embedded = await requests.ask(
    request({}, { endpoint: "/v1/embeddings", body: { model: "words", input: ["a", "b"] } }),
  );
  expect(embedded).toMatchObject({ ok: true, vectors: [[1], [1]] });
});

it("gives what can't be answered as an answer: an unknown model, a bad body, another organization's", async () => {
  expect(await requests.ask(request({ model: "nobody" }))).toMatchObject({
    ok: false,
    status: 404,
    code: "model_not_found",
    again: false,
  });
  expect(await requests.ask(request({ messages: [] }))).toMatchObject({ ok: false, status: 400 });
  const foreign = request({}, { organizationId: "00000000-0000-7000-8000-000000000000" });
  expect(await requests.ask(foreign)).toMatchObject({ ok: false, status: 404 });
});

it("stops when told to, and says why", async () => {
  const stop = new AbortController();
  stop.abort(new Error("enough"));
  await expect(requests.ask(request({}, { signal: stop.signal }))).rejects.toThrow("enough");
});

it("asks again what may be answered later, and nothing else", async () => {
  let asked = 0;
  const busy = { ok: false, id: "x", status: 503, code: "busy", message: "Busy.", latencyMs: 1 } as const;
  const answer = await askPatiently(async () => {
    asked++;
    return { ...busy, again: asked < 2 };
  }, request({}));
  expect([asked, answer.ok]).toEqual([2, false]);
});
