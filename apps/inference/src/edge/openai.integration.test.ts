import OpenAI from "openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningService, startService } from "../testing/service.ts";

let service: RunningService;
let client: OpenAI;

beforeAll(async () => {
  service = await startService();
  client = new OpenAI({ apiKey: service.apiKey, baseURL: `${service.url}/v1`, maxRetries: 0 });
});
afterAll(() => service?.remove());

const story = { model: "stories260K", prompt: "Once upon a time", temperature: 0 } as const;
const begins = ", there was a little girl named Lily.";

/** The value of a Prometheus series, 0 when it is not there. */
async function metric(start: string): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  const line = text.split("\n").find((one) => one.startsWith(start));
  return line === undefined ? 0 : Number(line.split(" ").at(-1));
}

it("completes a text with the model's own words", async () => {
  const { data, response } = await client.completions.create({ ...story, max_tokens: 30 }).withResponse();
  expect(data.choices[0]?.text.startsWith(begins)).toBe(true);
  expect(data.choices[0]?.finish_reason).toBe("length");
  expect(data.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 30, total_tokens: 35 });
  expect(response.headers.get("x-request-id")).toMatch(/^req_/);
  expect(response.headers.get("x-tugboat-cache")).toBe("miss");
  expect(response.headers.get("server-timing")).toMatch(/queue;dur=[\d.]+, prefill;dur=[\d.]+, decode;dur=[\d.]+/);
});

it("streams the same text", async () => {
  const whole = await client.completions.create({ ...story, max_tokens: 60 });
  const stream = await client.completions.create({
    ...story,
    max_tokens: 60,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = "";
  let chunks = 0;
  let usage: unknown;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.text ?? "";
    chunks++;
    if (chunk.usage) usage = chunk.usage;
  }
  expect(text).toBe(whole.choices[0]?.text);
  expect(chunks).toBeGreaterThan(3);
  expect(usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 60 });
});

it("gives no usage in a stream unless asked", async () => {
  const stream = await client.completions.create({ ...story, max_tokens: 5, stream: true });
  for await (const chunk of stream) expect(chunk.usage).toBeUndefined();
});

it("answers a chat, whole and streamed, with the same words", async () => {
  const request = {
    model: "tug-small",
    messages: [
      { role: "system" as const, content: "Answer in one sentence." },
      { role: "user" as const, content: "What is a text editor?" },
    ],
    temperature: 0,
    max_completion_tokens: 40,
  };
  const whole = await client.chat.completions.create(request);
  const { choices, usage } = whole;
  expect(choices[0]?.message.role).toBe("assistant");
  expect(choices[0]?.message.content?.length).toBeGreaterThan(0);
  expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));

  const stream = client.chat.completions.stream({ ...request, stream_options: { include_usage: true } });
  const final = await stream.finalChatCompletion();
  expect(final.choices[0]?.message.content).toBe(choices[0]?.message.content);
  expect(final.choices[0]?.finish_reason).toBe(choices[0]?.finish_reason);
  expect(final.usage?.completion_tokens).toBe(usage?.completion_tokens);
});

it("repeats itself with the same seed and not with another", async () => {
  const say = async (seed: number) =>
    (await client.completions.create({ ...story, temperature: 1, max_tokens: 40, seed })).choices[0]?.text;
  const [first, again, other] = [await say(7), await say(7), await say(8)];
  expect(again).toBe(first);
  expect(other).not.toBe(first);
});

it("gives several choices, of several prompts", async () => {
  const { choices } = await client.completions.create({
    ...story,
    prompt: ["Once upon a time", "Lily"],
    temperature: 1,
    seed: 3,
    n: 2,
    max_tokens: 8,
  });
  expect(choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  expect(new Set(choices.map(({ text }) => text)).size).toBeGreaterThan(1);
});

it("stops at a stop string, which is not part of the text", async () => {
  const { choices } = await client.completions.create({ ...story, max_tokens: 60, stop: [" named"] });
  expect(choices[0]).toMatchObject({ text: ", there was a little girl", finish_reason: "stop" });
});

it("tells log-probabilities in both forms", async () => {
  const plain = await client.completions.create({ ...story, max_tokens: 6, logprobs: 3 });
  const list = plain.choices[0]?.logprobs;
  expect(list?.tokens?.join("")).toBe(plain.choices[0]?.text);
  expect(list?.token_logprobs?.every((value) => value <= 0)).toBe(true);
  expect(Object.keys(list?.top_logprobs?.[0] ?? {})).toHaveLength(3);
  expect(list?.text_offset?.[0]).toBe(0);

  const chat = await client.chat.completions.create({
    model: "tug-small",
    messages: [{ role: "user", content: "Say yes." }],
    temperature: 0,
    max_tokens: 4,
    logprobs: true,
    top_logprobs: 2,
  });
  const content = chat.choices[0]?.logprobs?.content ?? [];
  expect(content.length).toBeGreaterThan(0);
  for (const { bytes, logprob, token, top_logprobs } of content) {
    expect(top_logprobs).toHaveLength(2);
    // At temperature 0 the likeliest is chosen.
    expect(top_logprobs[0]?.token).toBe(token);
    expect(top_logprobs[0]?.logprob).toBeCloseTo(logprob, 4);
    expect(bytes?.length).toBeGreaterThan(0);
  }
});

it("obeys a logit bias", async () => {
  const free = await client.completions.create({ ...story, max_tokens: 1, logprobs: 1 });
  const { data } = await client.models.list();
  expect(data.map(({ id }) => id)).toContain("stories260K");
  const tokens = await client.completions.create({ ...story, max_tokens: 1, logit_bias: { 260: 100 } });
  expect(tokens.choices[0]?.text).not.toBe(free.choices[0]?.text);
});

it("lists and describes the models", async () => {
  const model = await client.models.retrieve("tug-small");
  expect(model).toMatchObject({ id: "tug-small", object: "model", owned_by: "tugboat" });
  await expect(client.models.retrieve("gpt-4o")).rejects.toMatchObject({ status: 404, code: "model_not_found" });
});

it("stops the decode of a client that goes away, streamed or not", async () => {
  const { tugboat } = (await client.models.retrieve("stories260K")) as unknown as {
    tugboat: { contextLength: number };
  };
  const long = { ...story, max_tokens: tugboat.contextLength - 10 };
  const before = await metric('tugboat_requests_aborted_total{model="stories260K"}');
  const stream = await client.completions.create({ ...long, stream: true, n: 8, temperature: 1 });
  for await (const chunk of stream) {
    if (chunk.choices[0]?.text) break;
  }
  await expect
    .poll(() => metric('tugboat_requests_aborted_total{model="stories260K"}'), { timeout: 5000 })
    .toBe(before + 1);
  await expect.poll(() => metric('tugboat_requests_in_flight{model="stories260K"}'), { timeout: 5000 }).toBe(0);

  const controller = new AbortController();
  const whole = client.completions.create({ ...long, n: 8, temperature: 1 }, { signal: controller.signal });
  await expect.poll(() => metric('tugboat_requests_in_flight{model="stories260K"}'), { timeout: 5000 }).toBe(1);
  controller.abort();
  await expect(whole).rejects.toThrow();
  await expect.poll(() => metric('tugboat_requests_in_flight{model="stories260K"}'), { timeout: 5000 }).toBe(0);
});

it("refuses a wrong, a missing and a malformed key in OpenAI's words", async () => {
  for (const apiKey of ["tug_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "sk-other", " "]) {
    const stranger = new OpenAI({ apiKey, baseURL: `${service.url}/v1`, maxRetries: 0 });
    const error = await stranger.models.list().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: "invalid_api_key", type: "invalid_request_error" });
  }
});

it("throws the official client's errors", async () => {
  await expect(client.completions.create({ ...story, model: "nope" })).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  const messages = [{ role: "user" as const, content: "word ".repeat(5000) }];
  await expect(client.chat.completions.create({ model: "tug-small", messages })).rejects.toMatchObject({
    status: 400,
    code: "context_length_exceeded",
    param: "messages",
  });
});

it("counts what it did", async () => {
  expect(await metric('tugboat_tokens_total{model="stories260K",kind="completion"}')).toBeGreaterThan(30);
  expect(await metric('tugboat_time_to_first_token_seconds_count{model="stories260K"}')).toBeGreaterThan(3);
  expect(await metric('tugboat_inter_token_seconds_count{model="stories260K"}')).toBeGreaterThan(3);
  expect(await metric('tugboat_requests_total{route="/v1/completions",status="404",model=""}')).toBe(1);
  expect(await metric('tugboat_engine{model="stories260K",stat="steps"}')).toBeGreaterThan(0);
});
