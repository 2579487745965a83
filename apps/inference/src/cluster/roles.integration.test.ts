/** The parts of the service in processes of their own, as on machines of their own: they share a database and a secret. */
import { rm } from "node:fs/promises";
import { type Database, openDatabase } from "@tugboat/db";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import {
  type RunningProcess,
  type RunningService,
  startProcess,
  startService,
  temporaryHome,
} from "../testing/service.ts";
import { until } from "../testing/workers.ts";

const model = "stories260K";
const patienceMs = 150_000;
const longMs = 200_000;
let homes: string[];
let database: Database;
let shared: Record<string, string>;
let engines: RunningProcess[];
let edge: RunningService;
let jobs: RunningProcess;
let client: OpenAI;

const engine = (home: string) => startProcess({ ...shared, TUGBOAT_ROLES: "engine", TUGBOAT_ENGINE_PORT: "0" }, home);

beforeAll(async () => {
  homes = await Promise.all(Array.from({ length: 4 }, temporaryHome));
  const [databaseHome = "", edgeHome = "", firstHome = "", secondHome = ""] = homes;
  database = await openDatabase({ home: databaseHome });
  shared = { DATABASE_URL: database.url, TUGBOAT_ENGINE_SECRET: "known to every part of this installation" };
  engines = [engine(firstHome), engine(secondHome)];
  edge = await startService({ ...shared, TUGBOAT_ROLES: "edge" }, edgeHome);
  // Jobs read the files that the edge was sent.
  jobs = startProcess({ ...shared, TUGBOAT_ROLES: "jobs" }, edgeHome);
  client = new OpenAI({ apiKey: edge.apiKey, baseURL: `${edge.url}/v1`, maxRetries: 0 });
}, 300_000);

afterAll(async () => {
  await Promise.all([edge?.stop(), jobs?.stop(), ...(engines ?? []).map((one) => one.stop())]);
  await database?.close();
  await Promise.all((homes ?? []).map((home) => rm(home, { recursive: true, force: true })));
});

const greeting = { model, messages: [{ role: "user", content: "Once upon a time" }], temperature: 0 } as const;

async function streamed(maxTokens: number): Promise<string> {
  const stream = await client.chat.completions.create({
    ...greeting,
    messages: [...greeting.messages],
    max_tokens: maxTokens,
    stream: true,
  });
  let text = "";
  for await (const { choices } of stream) text += choices[0]?.delta.content ?? "";
  return text;
}

/** When it began to load the model, in ms; the last one that did serves it. */
function loadedAt({ log }: RunningProcess): number {
  const lines = log()
    .split("\n")
    .filter((line) => line.includes('"loading model"'));
  return Math.max(0, ...lines.map((line) => z.object({ time: z.number() }).parse(JSON.parse(line)).time));
}

async function connectedEngines(count: number): Promise<void> {
  const seen = () => edge.log().split('"an engine has connected"').length - 1;
  const lost = () => edge.log().split('"an engine went away"').length - 1;
  await until(() => seen() - lost() === count, patienceMs);
}

it(
  "the official client is answered by engines elsewhere",
  async () => {
    await connectedEngines(2);
    // The edge loads nothing itself.
    expect(edge.log()).not.toContain('"loading model"');
    const whole = await client.chat.completions.create({
      ...greeting,
      messages: [...greeting.messages],
      max_tokens: 24,
    });
    expect(whole.usage?.completion_tokens).toBe(24);
    expect(await streamed(24)).toBe(whole.choices[0]?.message.content);
    const { data } = await client.embeddings.create({ model, input: ["a boat", "a ship"] });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([64, 64]);
    const many = await Promise.all(Array.from({ length: 12 }, () => streamed(24)));
    expect(new Set(many)).toEqual(new Set([whole.choices[0]?.message.content]));
    await expect(
      client.chat.completions.create({ ...greeting, messages: [{ role: "user", content: "boat ".repeat(2000) }] }),
    ).rejects.toMatchObject({ status: 400, code: "context_length_exceeded" });
  },
  longMs,
);

it(
  "a job in a third process asks them too",
  async () => {
    const line = (i: number) => ({
      custom_id: `line-${i}`,
      method: "POST",
      url: "/v1/completions",
      body: { model, prompt: "Once", max_tokens: 8, temperature: 0 },
    });
    const content = Array.from({ length: 3 }, (_, i) => JSON.stringify(line(i))).join("\n");
    const file = await client.files.create({ file: new File([content], "in.jsonl"), purpose: "batch" });
    const made = await client.batches.create({
      input_file_id: file.id,
      endpoint: "/v1/completions",
      completion_window: "24h",
    });
    let batch = made;
    await until(async () => {
      batch = await client.batches.retrieve(made.id);
      return batch.status === "completed" || batch.status === "failed";
    }, patienceMs);
    expect(batch).toMatchObject({ status: "completed", request_counts: { total: 3, completed: 3, failed: 0 } });
  },
  longMs,
);

it(
  "an engine that is killed loses no answer of which nothing was shown",
  async () => {
    await connectedEngines(2);
    const alone = await client.completions.create({ model, prompt: "Once", max_tokens: 200, n: 4, seed: 7 });
    const answers = Array.from({ length: 10 }, () =>
      client.completions.create({ model, prompt: "Once", max_tokens: 200, n: 4, seed: 7 }),
    );
    const victim = engines.reduce((one, other) => (loadedAt(other) > loadedAt(one) ? other : one));
    victim.process.kill("SIGKILL");
    for (const { choices } of await Promise.all(answers)) {
      expect(choices.map(({ text }) => text)).toEqual(alone.choices.map(({ text }) => text));
    }
    await connectedEngines(1);

    engines[engines.indexOf(victim)] = engine(homes[2] ?? "");
    await connectedEngines(2);
    expect(await streamed(8)).not.toBe("");
  },
  longMs,
);

it(
  "each part tells how it is, and ends when it is told to",
  async () => {
    expect(await (await fetch(`${edge.url}/health`)).json()).toMatchObject({ status: "ok" });
    expect(await Promise.all([jobs.stop(), edge.stop(), ...engines.map((one) => one.stop())])).toEqual([0, 0, 0, 0]);
  },
  longMs,
);
