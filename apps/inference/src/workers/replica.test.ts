import type { Engine, GenerateEvent } from "@tugboat/engine";
import { pino } from "pino";
import { afterEach, expect, it } from "vitest";
import { testInfo, wordsEngine } from "../testing/engine.ts";
import { memoryLauncher, until } from "../testing/workers.ts";

import type { WorkerRequest } from "./protocol.ts";
import { creditWindow } from "./protocol.ts";
import { Replica } from "./replica.ts";

const open: Replica[] = [];

function deploy(load: () => Promise<Engine>, maxInFlight = 100) {
  const { launch, workers } = memoryLauncher(load);
  const deployment = new Replica({
    id: "1",
    model: "words",
    settings: { path: "/words.gguf", device: "cpu" },
    launch,
    log: pino({ level: "silent" }),
    maxInFlight,
  });
  open.push(deployment);
  return { deployment, workers };
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((deployment) => deployment.close()));
});

const request = (more: Partial<WorkerRequest> = {}): WorkerRequest => ({ prompt: { text: "hello" }, ...more });

async function read(stream: AsyncIterable<readonly GenerateEvent[]>): Promise<GenerateEvent[]> {
  const all: GenerateEvent[] = [];
  for await (const batch of stream) all.push(...batch);
  return all;
}

it("starts its worker with the first request and streams the events in order", async () => {
  const { deployment, workers } = deploy(async () => wordsEngine({ words: 3 }));
  expect(deployment.status().state).toBe("idle");
  const events = await read(await deployment.generate(request()));
  expect(events.map(({ type }) => type)).toEqual(["start", "token", "token", "token", "finish", "done"]);
  expect(deployment.status()).toMatchObject({ state: "ready", inFlight: 0, restarts: 0, info: testInfo });
  expect(workers).toHaveLength(1);
});

it("runs many requests at once without mixing them", async () => {
  const { deployment } = deploy(async () => wordsEngine({ words: 50 }));
  const runs = Array.from({ length: 20 }, async (_, i) => {
    const events = await read(await deployment.generate(request({ maxTokens: i + 1 })));
    return events.filter(({ type }) => type === "token").length;
  });
  expect(await Promise.all(runs)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});

it("passes on what the engine refuses, with its code", async () => {
  const { deployment } = deploy(async () => wordsEngine());
  const stream = await deployment.generate(request({ prompt: { text: "x".repeat(1000) } }));
  await expect(read(stream)).rejects.toMatchObject({ code: "context-overflow", hint: "Shorten it." });
});

it("stops the decode when the reader leaves", async () => {
  const engine = wordsEngine({ words: 100_000 });
  const { deployment } = deploy(async () => engine);
  for await (const batch of await deployment.generate(request())) if (batch.length > 0) break;
  await until(() => engine.cancelled === 1);
  const { produced } = engine;
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(engine.produced).toBe(produced);
  expect(deployment.status().inFlight).toBe(0);
});

it("lets a slow reader hold back what is sent", async () => {
  const engine = wordsEngine({ words: 100_000 });
  const { deployment } = deploy(async () => engine);
  const stream = await deployment.generate(request());
  await until(() => engine.produced >= creditWindow);
  await new Promise((resolve) => setTimeout(resolve, 50));
  // One event beyond the window may be in the host's hands, and the start event counts too.
  expect(engine.produced).toBeLessThanOrEqual(creditWindow + 1);
  const first = await stream.next();
  expect(first.value.length).toBe(creditWindow);
  await until(() => engine.produced > creditWindow + 10);
  await stream.return?.();
});

it("fails what a dead worker had in hand, and serves again after a pause", async () => {
  const { deployment, workers } = deploy(async () => wordsEngine({ words: 1000 }));
  const stream = await deployment.generate(request());
  await stream.next();
  workers[0]?.crash("signal SIGKILL");
  await expect(read(stream)).rejects.toMatchObject({
    code: "worker-died",
    message: expect.stringContaining("SIGKILL"),
  });
  expect(deployment.status()).toMatchObject({ state: "restarting", restarts: 1, inFlight: 0 });
  const events = await read(await deployment.generate(request({ maxTokens: 2 })));
  expect(events.at(-1)?.type).toBe("done");
  expect(workers).toHaveLength(2);
});

it("refuses soon when its worker keeps dying", async () => {
  const { deployment, workers } = deploy(() => new Promise(() => {}));
  const first = deployment.generate(request()).catch((error: unknown) => error);
  for (let crash = 1; crash <= 4; crash++) {
    await until(() => workers.length === crash && deployment.status().state === "loading", 10_000);
    workers.at(-1)?.crash("exit code 1");
    await until(() => deployment.status().state === "restarting");
    if (crash < 4) continue;
    // 2 s from now, which is still waited for; the fifth death makes it 4 s.
    await until(() => workers.length === 5, 5000);
    workers.at(-1)?.crash("exit code 1");
  }
  expect(await first).toMatchObject({ code: "worker-restarting", retryAfterSeconds: 4 });
  await expect(deployment.generate(request())).rejects.toMatchObject({ code: "worker-restarting" });
}, 20_000);

it("says why a model can't be loaded, and does not try again at once", async () => {
  const { deployment, workers } = deploy(async () => {
    throw Object.assign(new Error("the file is cut short"), { code: "truncated", hint: "Get it again." });
  });
  const refusal = { code: "model-unavailable", message: expect.stringContaining("cut short"), hint: "Get it again." };
  await expect(deployment.generate(request())).rejects.toMatchObject(refusal);
  await expect(deployment.generate(request())).rejects.toMatchObject(refusal);
  expect(deployment.status()).toMatchObject({ state: "failed", restarts: 0 });
  expect(workers).toHaveLength(1);
  await until(() => workers[0]?.alive === false);
});

it("refuses more than may wait", async () => {
  const { deployment } = deploy(async () => wordsEngine({ words: 100_000 }), 3);
  const streams = await Promise.all([1, 2, 3].map(() => deployment.generate(request())));
  await expect(deployment.generate(request())).rejects.toMatchObject({ code: "queue-full", retryAfterSeconds: 1 });
  for (const stream of streams) await stream.return?.();
  await read(await deployment.generate(request({ maxTokens: 1 })));
});

it("ends what runs when it is closed", async () => {
  const { deployment, workers } = deploy(async () => wordsEngine({ words: 100_000 }));
  const stream = await deployment.generate(request());
  await stream.next();
  await deployment.close();
  expect(workers[0]?.alive).toBe(false);
  await expect(read(stream)).rejects.toMatchObject({ code: "shutting-down" });
  await expect(deployment.generate(request())).rejects.toMatchObject({ code: "shutting-down" });
});

it("leaves places for others when one organization floods it", async () => {
  const { deployment } = deploy(async () => wordsEngine({ words: 1000, pauseMs: 5 }), 8);
  const streams = [];
  for (let i = 0; i < 6; i++) streams.push(await deployment.generate(request({ cacheScope: "flood" })));
  await expect(deployment.generate(request({ cacheScope: "flood" }))).rejects.toMatchObject({
    code: "queue-full",
    retryAfterSeconds: 1,
    message: expect.stringContaining("this organization"),
  });
  const other = await deployment.generate(request({ cacheScope: "other", maxTokens: 2 }));
  expect((await read(other)).at(-1)).toMatchObject({ type: "done" });
  await streams[0]!.return?.();
  const next = await deployment.generate(request({ cacheScope: "flood" }));
  await Promise.all([...streams, next].map((stream) => stream.return?.()));
});
