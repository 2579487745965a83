/** A model in two worker processes, then cut into stages: in both a process is killed under load. */
import { readFileSync } from "node:fs";
import { openDatabase } from "@tugboat/db";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { type RunningService, startService } from "../testing/service.ts";
import { until } from "../testing/workers.ts";

const model = "stories260K";
let service: RunningService;

beforeAll(async () => {
  service = await startService({ TUGBOAT_THREADS: "2" });
});
afterAll(() => service?.remove());

async function call(procedure: string, input?: object): Promise<unknown> {
  const response = await fetch(`${service.url}/api/${procedure}`, {
    method: input === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${service.apiKey}`, "content-type": "application/json" },
    ...(input !== undefined && { body: JSON.stringify(input) }),
  });
  const body: unknown = await response.json();
  if (response.status !== 200) throw new Error(`${procedure}: ${response.status} ${JSON.stringify(body)}`);
  return body;
}

const listed = z.object({
  deployments: z.array(
    z.object({
      model: z.string(),
      inFlight: z.int(),
      restarts: z.int(),
      retries: z.int(),
      updatedAt: z.string().nullable(),
      handOvers: z.object({ requests: z.int(), missed: z.int() }).nullable(),
      replicas: z.array(
        z.object({
          id: z.string(),
          state: z.string(),
          inFlight: z.int(),
          kvUse: z.number().nullable(),
          stages: z.array(z.object({ embedding: z.boolean(), layers: z.int(), head: z.boolean() })),
        }),
      ),
    }),
  ),
});

async function deployment() {
  const { deployments } = listed.parse(await call("deployments/list"));
  const found = deployments.find((one) => one.model === model);
  if (found === undefined) throw new Error(`${model} is not listed`);
  return found;
}

const bothServe = async () => {
  const { replicas } = await deployment();
  return replicas.length === 2 && replicas.every(({ state }) => state === "ready");
};

/** The worker processes that were started last, as the log names them. */
function workerPids(count: number): number[] {
  const lines = service
    .log()
    .split("\n")
    .filter((line) => line.includes('"loading model"'));
  return lines.slice(-count).map((line) => z.object({ pid: z.number() }).parse(JSON.parse(line)).pid);
}

const choices = 4;

function ask(user: number, stream: boolean, beginning = ""): Promise<Response> {
  return fetch(`${service.url}/v1/completions`, {
    method: "POST",
    body: JSON.stringify({
      model,
      prompt: `${beginning}Once upon a time there were ${user} boats`,
      temperature: 1,
      seed: user,
      max_tokens: 300,
      ignore_eos: true,
      n: choices,
      user: `user-${user}`,
      stream,
    }),
    headers: { authorization: `Bearer ${service.apiKey}`, "content-type": "application/json" },
  });
}

const whole = z.object({
  choices: z.array(z.object({ text: z.string(), finish_reason: z.literal("length") })).length(choices),
  usage: z.object({ completion_tokens: z.literal(choices * 300) }),
});

async function textOf(user: number, beginning?: string): Promise<string[]> {
  const response = await ask(user, false, beginning);
  expect(response.status).toBe(200);
  return whole.parse(await response.json()).choices.map(({ text }) => text);
}

it("a killed worker loses nothing but the streams that it had begun", async () => {
  await call("deployments/configure", { model, replicas: 2, updatedAt: null });
  await call("deployments/restart", { model });
  await until(bothServe, 150_000);
  const alone = await textOf(3);

  const streams = Array.from({ length: 4 }, (_, i) => ask(100 + i, true));
  const begun = await Promise.all(streams);
  const answers = Array.from({ length: 10 }, (_, i) => textOf(i));
  await until(async () => (await deployment()).replicas.every(({ inFlight }) => inFlight > 0), 30_000);
  const [victim = 0] = workerPids(2);
  process.kill(victim, "SIGKILL");

  const texts = await Promise.all(answers);
  // Begun anew or not, with the same seed it is the same answer.
  expect(texts[3]).toEqual(alone);
  const ends = await Promise.all(begun.map(async (response) => (await response.text()).trim().split("\n\n").at(-1)));
  for (const end of ends) {
    if (end === "data: [DONE]") continue;
    expect(JSON.parse(end?.replace("data: ", "") ?? "")).toMatchObject({ error: { code: "worker_died" } });
  }

  await until(bothServe, 150_000);
  await until(async () => {
    const { inFlight, replicas } = await deployment();
    return inFlight === 0 && replicas.every(({ kvUse }) => kvUse === 0);
  }, 150_000);
  expect(await deployment()).toMatchObject({ restarts: 1 });
  // One alone, ten beside the kill, and the streams: each is accounted for once.
  const database = await openDatabase({ home: service.home });
  try {
    const { usage } = database.organization(database.home.organizationId);
    const hourMs = 3_600_000;
    const now = Math.floor(Date.now() / hourMs);
    const span = { from: new Date((now - 1) * hourMs), to: new Date((now + 2) * hourMs) };
    await until(async () => (await usage.reconcile(span)).events >= 15, 150_000);
    expect(await usage.reconcile(span)).toMatchObject({ requests: 15, events: 15, rollups: 15, differences: [] });
  } finally {
    await database.close();
  }
  expect(await textOf(3)).toEqual(alone);
}, 240_000);

it("a model cut into processes writes the same, and survives the loss of one of them", async () => {
  const settings = { replicas: 1, layerStages: 2, embeddingWorkers: 1, headWorkers: 2 };
  const { updatedAt } = await deployment();
  const alone = await textOf(3);
  await call("deployments/configure", { model, ...settings, updatedAt });
  await call("deployments/restart", { model });
  const serves = async () =>
    (await deployment()).replicas.some(({ state, stages }) => state === "ready" && stages.length > 0);
  await until(serves, 150_000);
  expect((await deployment()).replicas.map(({ stages }) => stages)).toEqual([
    [
      { embedding: true, layers: 0, head: false },
      { embedding: false, layers: 3, head: false },
      { embedding: false, layers: 2, head: false },
      { embedding: false, layers: 0, head: true },
      { embedding: false, layers: 0, head: true },
    ],
  ]);
  expect(await textOf(3)).toEqual(alone);

  const answers = Array.from({ length: 6 }, (_, i) => textOf(i));
  await until(async () => (await deployment()).inFlight > 0, 30_000);
  const [worker = 0] = workerPids(1);
  const children = readFileSync(`/proc/${worker}/task/${worker}/children`, "utf8").trim().split(" ").map(Number);
  expect(children).toHaveLength(5);
  process.kill(children[1] ?? 0, "SIGKILL");
  expect((await Promise.all(answers))[3]).toEqual(alone);
  await until(async () => {
    const { inFlight, replicas } = await deployment();
    return inFlight === 0 && replicas.every(({ kvUse }) => kvUse === 0);
  }, 150_000);
  expect(await textOf(3)).toEqual(alone);
}, 240_000);

it("prompts read by a worker of their own go on in another, which reads itself when that one is gone", async () => {
  const beginning = "There was a boat, and it was red, and the sea was blue and the sun was warm on the sand. ".repeat(
    4,
  );
  const { updatedAt } = await deployment();
  const alone = await textOf(5, beginning);
  const settings = { replicas: 1, prefillReplicas: 1, layerStages: 1, embeddingWorkers: 0, headWorkers: 0 };
  await call("deployments/configure", { model, ...settings, updatedAt });
  await call("deployments/restart", { model });
  await until(bothServe, 150_000);
  expect(await textOf(5, beginning)).toEqual(alone);
  expect(await deployment()).toMatchObject({ handOvers: { requests: 1, missed: 0 } });
  const pids = workerPids(2);
  const answers = Array.from({ length: 6 }, (_, i) => textOf(i, `${i} ${beginning}`));
  // One of the two: the one that reads, or the one that writes.
  process.kill(pids[1] ?? 0, "SIGKILL");
  await Promise.all(answers);
  expect(await textOf(5, beginning)).toEqual(alone);
  await until(async () => (await deployment()).replicas.every(({ kvUse }) => kvUse === 0), 150_000);
}, 240_000);
