import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { type RunningService, startService } from "../testing/service.ts";

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.remove());

const answer = z.looseObject({
  choices: z.array(z.looseObject({ text: z.string(), finish_reason: z.string() })),
  usage: z.looseObject({
    prompt_tokens: z.number(),
    completion_tokens: z.number(),
    prompt_tokens_details: z.object({ cached_tokens: z.number() }),
  }),
});
const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${service.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${service.apiKey}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
const complete = (more: object, control: string | null = "exact") =>
  post(
    "/v1/completions",
    { model: "stories260K", prompt: "Once upon a time", temperature: 0, max_tokens: 20, ...more },
    control === null ? {} : { "x-tugboat-cache-control": control },
  );
const source = (response: Response) => response.headers.get("x-tugboat-cache");

it("gives an answer again that always is the same, whole and as a stream, and says so", async () => {
  const first = await complete({});
  expect(source(first)).not.toBe("hit");
  const given = answer.parse(await first.json());
  const again = await complete({});
  expect(source(again)).toBe("hit");
  const repeated = answer.parse(await again.json());
  expect(repeated.choices).toEqual(given.choices);
  expect(repeated.usage).toMatchObject({
    prompt_tokens: given.usage.prompt_tokens,
    completion_tokens: given.usage.completion_tokens,
    prompt_tokens_details: { cached_tokens: given.usage.prompt_tokens },
  });

  const streamed = await complete({ stream: true, stream_options: { include_usage: true } });
  expect(source(streamed)).toBe("hit");
  const lines = (await streamed.text()).split("\n\n").filter((line) => line.startsWith("data: {"));
  const chunks = lines.map((line) => JSON.parse(line.slice(6)) as { choices: { text: string }[] });
  expect(chunks.flatMap(({ choices }) => choices.map(({ text }) => text)).join("")).toBe(given.choices[0]!.text);
  expect(lines.at(-1)).toContain(`"completion_tokens":${given.usage.completion_tokens}`);
});

it("keeps a stream's answer too", async () => {
  const streamed = await complete({ prompt: "The dog", stream: true });
  expect(source(streamed)).toBe("miss");
  await streamed.text();
  expect(source(await complete({ prompt: "The dog" }))).toBe("hit");
});

it("draws anew what is drawn, what nobody asked to keep, and what differs in anything", async () => {
  for (let i = 0; i < 2; i++) {
    expect(source(await complete({ temperature: 1, prompt: "Lily" }))).not.toBe("hit");
    expect(source(await complete({ prompt: "Tom" }, null))).not.toBe("hit");
    expect(source(await complete({ prompt: "Tim" }, "off"))).not.toBe("hit");
  }
  await (await complete({ temperature: 1, seed: 5, prompt: "Ann" })).text();
  expect(source(await complete({ temperature: 1, seed: 5, prompt: "Ann" }))).toBe("hit");
  expect(source(await complete({ temperature: 1, seed: 6, prompt: "Ann" }))).not.toBe("hit");
  expect(source(await complete({ temperature: 1, seed: 5, prompt: "Ann", max_tokens: 21 }))).not.toBe("hit");
  const wrong = await complete({}, "exact; ttl=forever");
  expect(wrong.status).toBe(400);
  expect(await wrong.text()).toContain("x-tugboat-cache-control");
});

const management = z.looseObject({ id: z.string(), updatedAt: z.string(), cache: z.unknown() });

it("answers what means the same from memory once that proved right, and says how often", async () => {
  const target = { kind: "model", model: "tug-small" };
  const made = await post("/api/aliases/create", {
    name: "cached",
    plan: { split: [{ target, share: 100 }], failover: [] },
  });
  const { cache: none, id, updatedAt } = management.parse(await made.json());
  expect(none).toBeNull();
  const ask = (text: string, headers: Record<string, string> = {}, more: object = {}) =>
    post(
      "/v1/chat/completions",
      { model: "cached", temperature: 0, max_tokens: 4, messages: [{ role: "user", content: text }], ...more },
      headers,
    );
  const question = "Choose one: animal, food, plant\nText: a small carnivore that chases mice";
  expect(source(await ask(question))).not.toBe("semantic");

  const wrong = await post("/api/aliases/cache", { id, maxError: 0.7, updatedAt });
  expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining("At most 50 %")]);
  const changed = await post("/api/aliases/cache", { id, maxError: 0.4, updatedAt });
  expect(management.parse(await changed.json())).toMatchObject({ cache: { maxError: 0.4, questions: 0, hits: 0 } });

  // A handful of answers must have turned out the same before any is given from memory.
  const seen: (string | null)[] = [];
  while (!seen.includes("semantic") && seen.length < 200) {
    const answer = await ask(question);
    seen.push(source(answer));
    const { choices } = (await answer.json()) as { choices: { message: { content: string } }[] };
    expect(choices[0]?.message.content).toBe("animal");
  }
  expect(seen.at(-1)).toBe("semantic");
  expect(seen.length).toBeGreaterThan(5);
  const listed = await fetch(`${service.url}/api/aliases/get?id=${id}`, {
    headers: { authorization: `Bearer ${service.apiKey}` },
  });
  expect(management.parse(await listed.json()).cache).toMatchObject({ hits: 1, questions: seen.length, wrong: 0 });

  // Another question, another conversation before it, and whoever wants none are asked anew.
  expect(source(await ask("Choose one: animal, food, plant\nText: a bread with cheese on top"))).not.toBe("semantic");
  expect(source(await ask(question, {}, { max_tokens: 3 }))).not.toBe("semantic");
  for (let i = 0; i < 20; i++) {
    expect(source(await ask(question, { "x-tugboat-cache-control": "off" }))).not.toBe("semantic");
  }
});
