import type { Engine, GenerateEvent } from "@tugboat/engine";
import { pino } from "pino";
import { afterEach, expect, it } from "vitest";
import type { Affinity } from "../routing/affinity.ts";
import { type WordsEngine, wordsEngine } from "../testing/engine.ts";
import { memoryLauncher, until } from "../testing/workers.ts";
import { Deployment } from "./deployment.ts";
import type { PlacedRequest } from "./servable.ts";

const open: Deployment[] = [];

function deploy(replicas: number, load: (worker: number) => Engine, maxInFlight = 100) {
  let started = 0;
  const { launch, workers } = memoryLauncher(async () => load(++started));
  const deployment = new Deployment({
    model: "words",
    settings: { path: "/words.gguf", device: "cpu", threads: 4 },
    launch,
    log: pino({ level: "silent" }),
    maxInFlight,
    replicas,
  });
  open.push(deployment);
  return { deployment, workers };
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((deployment) => deployment.close()));
});

const of = (key: string): Affinity => ({ key, fine: key, kind: "user", label: key, scope: "org" });
const request = (more: Partial<PlacedRequest> = {}): PlacedRequest => ({ prompt: { text: "hello" }, ...more });

async function read(stream: AsyncIterable<readonly GenerateEvent[]>): Promise<GenerateEvent[]> {
  const all: GenerateEvent[] = [];
  for await (const batch of stream) all.push(...batch);
  return all;
}

const words = (events: readonly GenerateEvent[]) =>
  events.flatMap((event) => (event.type === "token" ? [event.text] : [])).join("");

async function allReady(deployment: Deployment): Promise<void> {
  await deployment.ready();
  await until(() => deployment.status().replicas.every(({ state }) => state === "ready"));
}

it("starts a worker for each replica, which share the threads", async () => {
  const { deployment, workers } = deploy(2, () => wordsEngine({ words: 3 }));
  await allReady(deployment);
  expect(workers).toHaveLength(2);
  for (const { received } of workers) expect(received[0]).toMatchObject({ type: "load", settings: { threads: 2 } });
  expect(deployment.status()).toMatchObject({ state: "ready", replicas: [{ id: "1" }, { id: "2" }] });
});

it("keeps a user in one replica, and gives different users to both", async () => {
  const engines: WordsEngine[] = [];
  const { deployment } = deploy(2, () => {
    const engine = wordsEngine({ words: 1 });
    engines.push(engine);
    return engine;
  });
  await allReady(deployment);
  const counts = () => engines.map(({ requests }) => requests.length);
  for (let i = 0; i < 6; i++) await read(await deployment.generate(request({ affinity: of("ada") })));
  expect(counts().toSorted()).toEqual([0, 6]);
  for (let i = 0; i < 30; i++) await read(await deployment.generate(request({ affinity: of(`user ${i}`) })));
  expect(Math.min(...counts())).toBeGreaterThan(3);
  expect(deployment.status().placements).toEqual({ sticky: 36, spread: 0, spilled: 0, free: 0 });
  // The engine is told nothing of where its requests were sent.
  for (const { requests } of engines) expect(requests[0]).not.toHaveProperty("affinity");
});

it("begins what showed nothing yet anew in another replica", async () => {
  // The first worker never answers.
  const { deployment, workers } = deploy(2, (worker) => wordsEngine({ words: 3, pauseMs: worker === 1 ? 1e6 : 0 }));
  await allReady(deployment);
  let done = 0;
  const answers = Array.from({ length: 12 }, async (_, i) => {
    const text = words(await read(await deployment.generate(request({ affinity: of(`u${i}`) }))));
    done += 1;
    return text;
  });
  await until(() => done + deployment.status().inFlight === 12 && deployment.status().replicas[1]?.inFlight === 0);
  const held = deployment.status().replicas[0]?.inFlight ?? 0;
  expect(held).toBeGreaterThan(0);
  workers[0]?.crash("signal SIGKILL");
  expect(await Promise.all(answers)).toEqual(Array.from({ length: 12 }, () => "word0 word1 word2 "));
  expect(deployment.status()).toMatchObject({ retries: held, inFlight: 0, restarts: 1 });
});

it("reports the death to one that was shown something, and goes on with one that is shown whole", async () => {
  let slow = true;
  const { deployment, workers } = deploy(1, () => wordsEngine({ words: 400, pauseMs: slow ? 2 : 0 }));
  const shown = await deployment.generate(request());
  const whole = await deployment.generate(request({ whole: true, n: 2 }));
  await until(() => deployment.status().inFlight === 2);
  const heads = await Promise.all(
    [shown, whole].map(async (stream) => {
      const events: GenerateEvent[] = [];
      while (words(events) === "") events.push(...((await stream.next()).value ?? []));
      return events;
    }),
  );
  slow = false;
  workers[0]?.crash("signal SIGKILL");
  await expect(read(shown)).rejects.toMatchObject({ code: "worker-died" });
  const events = [...(heads[1] ?? []), ...(await read(whole))];
  expect(events.filter(({ type }) => type === "start")).toHaveLength(1);
  for (const choice of [0, 1]) {
    const own = events.filter((event) => event.type === "token" && event.choice === choice);
    expect(own.map((event) => event.type === "token" && event.token)).toEqual(Array.from({ length: 400 }, (_, i) => i));
  }
  expect(deployment.status()).toMatchObject({ retries: 1, inFlight: 0, restarts: 1 });
});

it("reports the death when the second answer would be another", async () => {
  const { deployment, workers } = deploy(1, (worker) => {
    const engine = wordsEngine({ words: 400, pauseMs: worker === 1 ? 2 : 0 });
    if (worker === 1) return engine;
    return {
      ...engine,
      async *generate(asked) {
        for await (const event of engine.generate(asked))
          yield event.type === "token" ? { ...event, token: 7777 } : event;
      },
    };
  });
  const stream = await deployment.generate(request({ whole: true }));
  const first: GenerateEvent[] = [];
  while (words(first) === "") first.push(...((await stream.next()).value ?? []));
  workers[0]?.crash("signal SIGKILL");
  await expect(read(stream)).rejects.toMatchObject({ code: "worker-died" });
});

it("gives up on a request that kills every worker", async () => {
  const { deployment, workers } = deploy(1, () => wordsEngine({ words: 3, pauseMs: 1e6 }));
  const answer = deployment
    .generate(request())
    .then(read)
    .catch((error: unknown) => error);
  for (let crash = 0; crash < 4; crash++) {
    await until(() => workers.length === crash + 1 && deployment.status().inFlight === 1, 20_000);
    workers[crash]?.crash("exit code 1");
  }
  expect(await answer).toMatchObject({ code: "worker-died" });
}, 60_000);

it("uses every replica's places before it refuses", async () => {
  const { deployment } = deploy(2, () => wordsEngine({ words: 100_000, pauseMs: 1 }), 8);
  await allReady(deployment);
  const streams = [];
  for (let i = 0; i < 8; i++) streams.push(await deployment.generate(request({ affinity: of("ada") })));
  expect(deployment.status().replicas.map(({ inFlight }) => inFlight)).toEqual([4, 4]);
  await expect(deployment.generate(request({ affinity: of("ada") }))).rejects.toMatchObject({ code: "queue-full" });
  await Promise.all(streams.map((stream) => stream.return?.()));
  expect(deployment.status().inFlight).toBe(0);
});

const long = "x".repeat(300);

function divide(prefill: () => Engine, decode: () => Engine) {
  const { launch, workers } = memoryLauncher(async ({ pool }) => (pool === "prefill" ? prefill() : decode()));
  const deployment = new Deployment({
    model: "words",
    settings: { path: "/words.gguf", device: "cpu", threads: 4 },
    launch,
    log: pino({ level: "silent" }),
    maxInFlight: 100,
    replicas: 1,
    prefillReplicas: 1,
  });
  open.push(deployment);
  return { deployment, workers };
}

it("has long prompts read in one pool and goes on from them in the other", async () => {
  const [reader, writer] = [wordsEngine({ words: 3, cachedTokens: 5 }), wordsEngine({ words: 3 })];
  const { deployment } = divide(
    () => reader,
    () => writer,
  );
  await allReady(deployment);
  expect(deployment.status().replicas).toMatchObject([
    { id: "1", pool: "decode" },
    { id: "p1", pool: "prefill" },
  ]);
  const events = await read(await deployment.generate(request({ prompt: { text: long }, cacheScope: "a" })));
  expect(words(events)).toBe("word0 word1 word2 ");
  expect(reader.prefilled).toHaveLength(1);
  expect(reader.requests).toHaveLength(0);
  expect(writer.taken).toMatchObject([{ scope: "a", layout: "words" }]);
  expect(writer.taken[0]?.tokens).toHaveLength(288);
  expect(writer.requests).toMatchObject([{ cachedElsewhere: 5 }]);
  // 1 + 2 ms where it was read, 1 + 2 + 3 where it was written, and the way between them.
  const done = events.find((event) => event.type === "done");
  expect(done?.timings.queueMs).toBe(2);
  expect(done?.timings.ttftMs).toBeGreaterThan(6);
  expect(deployment.status().handOvers).toMatchObject({ requests: 1, tokens: 288, bytes: 64, missed: 0 });

  // Neither a short prompt, nor one that is nobody's.
  await read(await deployment.generate(request({ cacheScope: "a" })));
  await read(await deployment.generate(request({ prompt: { text: long } })));
  expect(reader.prefilled).toHaveLength(1);
  expect(writer.requests).toHaveLength(3);
});

it("lets a replica read for itself when no worker of the prefill pool can", async () => {
  const broken = wordsEngine({ words: 1 });
  broken.prefill = () => Promise.reject(new Error("out of order"));
  const writer = wordsEngine({ words: 3 });
  const { deployment } = divide(
    () => broken,
    () => writer,
  );
  await allReady(deployment);
  const events = await read(await deployment.generate(request({ prompt: { text: long }, cacheScope: "a" })));
  expect(words(events)).toBe("word0 word1 word2 ");
  expect(writer.requests[0]?.cachedElsewhere).toBeUndefined();
  expect(deployment.status().handOvers).toMatchObject({ requests: 0, missed: 1 });
});
