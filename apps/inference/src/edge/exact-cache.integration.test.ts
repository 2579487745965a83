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
