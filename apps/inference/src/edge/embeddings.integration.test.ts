import OpenAI from "openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningService, startService } from "../testing/service.ts";

let service: RunningService;
let client: OpenAI;

beforeAll(async () => {
  service = await startService({ TUGBOAT_DEFAULT_MODEL: "tug-small" });
  client = new OpenAI({ apiKey: service.apiKey, baseURL: `${service.url}/v1`, maxRetries: 0 });
});
afterAll(() => service?.remove());

const model = "tug-small";

function cosine(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

it("embeds texts for the official client, which asks for base64", async () => {
  const input = ["a small cat", "a little kitten that sleeps", "PostgreSQL database server packages"];
  const { data, usage } = await client.embeddings.create({ model, input });
  const vectors = data.map(({ embedding }) => embedding);
  for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 4);
  expect(cosine(vectors[0]!, vectors[1]!)).toBeGreaterThan(cosine(vectors[0]!, vectors[2]!));
  expect(usage.prompt_tokens).toBeGreaterThan(6);
  expect(usage.total_tokens).toBe(usage.prompt_tokens);

  const floats = await client.embeddings.create({ model, input: input[0]!, encoding_format: "float" });
  floats.data[0]!.embedding.forEach((value, i) => {
    expect(value).toBeCloseTo(vectors[0]![i]!, 5);
  });
});

it("cuts vectors to the dimensions that are wanted, and takes tokens", async () => {
  const { data } = await client.embeddings.create({
    model,
    input: [
      [5, 6, 7],
      [5, 6],
    ],
    dimensions: 16,
  });
  expect(data.map(({ embedding, index }) => [index, embedding.length])).toEqual([
    [0, 16],
    [1, 16],
  ]);
});

it.each<[string, object, string | null]>([
  ["nothing", { input: "" }, "input"],
  ["no input", {}, "input"],
  ["an empty list", { input: [] }, "input"],
  ["too many dimensions", { input: "a", dimensions: 100_000 }, "dimensions"],
  ["a wrong form", { input: "a", encoding_format: "hex" }, "encoding_format"],
  ["a text past the context", { input: "word ".repeat(2_000) }, "input"],
  ["an unknown token", { input: [99_999_999] }, "input"],
])("refuses %s", async (_, more, param) => {
  const response = await fetch(`${service.url}/v1/embeddings`, {
    method: "POST",
    headers: { authorization: `Bearer ${service.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ model, ...more }),
  });
  const { error } = (await response.json()) as { error: { message: string; param: string | null } };
  expect([response.status, error.param]).toEqual([400, param]);
  expect(error.message.length).toBeGreaterThan(10);
});

it("tells an unknown model", async () => {
  await expect(client.embeddings.create({ model: "none", input: "a" })).rejects.toMatchObject({ status: 404 });
});
