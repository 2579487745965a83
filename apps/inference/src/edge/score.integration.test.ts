import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { type RunningService, startService } from "../testing/service.ts";

let service: RunningService;
beforeAll(async () => {
  service = await startService({ TUGBOAT_DEFAULT_MODEL: "tug-small" });
});
afterAll(() => service?.remove());

const model = "tug-small";
const post = (path: string, body: object) =>
  fetch(`${service.url}/v1/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${service.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });

it("says which of several answers follows, as the model itself would", async () => {
  const content = "Choose one: animal, food, plant\nText: a small domesticated carnivore that chases mice";
  const answer = await post("score", {
    model,
    messages: [{ role: "user", content }],
    choices: ["plant", "animal", "food"],
  });
  const { best, choices, usage } = z
    .looseObject({
      best: z.int(),
      choices: z.array(z.looseObject({ logprob: z.number().max(0), probability: z.number(), token_count: z.int() })),
      usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
    })
    .parse(await answer.json());
  expect(best).toBe(1);
  expect(choices.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
  expect(choices[1]?.probability).toBeGreaterThan(0.5);
  expect(usage.prompt_tokens).toBeGreaterThan(60);
  expect(Number(answer.headers.get("x-tugboat-cost-microusd"))).toBe(0);
});

it("finds English likelier than letters drawn by lot", async () => {
  const bits = async (text: string) => {
    const body: unknown = await (await post("score", { model, text })).json();
    return z.looseObject({ bits_per_byte: z.number(), perplexity: z.number() }).parse(body);
  };
  const english = await bits("This package contains the documentation of the server.");
  const noise = await bits("xq zvkj wpt ghhq bnz lkjw qqp zxcm vbnr ttyq wlkz pqj");
  expect(english.bits_per_byte).toBeLessThan(noise.bits_per_byte / 1.5);
  expect(english.perplexity).toBeLessThan(noise.perplexity);
});

it("ranks documents by how well they lead to the query", async () => {
  const documents = [
    "A library for reading and writing PNG images.",
    { text: "A small game in which a snake eats apples." },
    "A server for the PostgreSQL database.",
  ];
  const answer = await post("rerank", {
    model,
    query: "PostgreSQL database",
    documents,
    top_n: 2,
    return_documents: true,
  });
  const { results } = z
    .looseObject({
      results: z.array(
        z.object({ index: z.int(), relevance_score: z.number(), document: z.object({ text: z.string() }) }),
      ),
    })
    .parse(await answer.json());
  expect(results).toHaveLength(2);
  expect(results[0]).toMatchObject({ index: 2, document: { text: "A server for the PostgreSQL database." } });
  expect(results[0]!.relevance_score).toBeGreaterThan(results[1]!.relevance_score);
});

it.each<[string, string, object, string]>([
  ["neither text nor choices", "score", {}, "text"],
  ["choices that follow nothing", "score", { choices: ["a"] }, "choices"],
  ["an empty text", "score", { text: "" }, "text"],
  ["no documents", "rerank", { query: "a", documents: [] }, "documents"],
  ["a text past the context", "score", { text: "word ".repeat(2_000) }, "text"],
  ["nothing to take", "rerank", { query: "a", documents: ["b"], top_n: 0 }, "top_n"],
])("refuses %s", async (_, path, body, param) => {
  const answer = await post(path, { model, ...body });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: { param } });
});
