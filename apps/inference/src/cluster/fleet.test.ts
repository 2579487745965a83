import { defaultDeployment } from "@tugboat/db";
import type { Engine, GenerateEvent } from "@tugboat/engine";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import type { Affinity } from "../routing/affinity.ts";
import { type WordsEngine, wordsEngine } from "../testing/engine.ts";
import { memoryLauncher, until } from "../testing/workers.ts";
import { DeploymentPool } from "../workers/pool.ts";
import { creditWindow } from "../workers/protocol.ts";
import type { PlacedRequest } from "../workers/servable.ts";
import { openChannel } from "./channel.ts";
import { fixedEngines } from "./directory.ts";
import { EngineServer, KnownModels } from "./engine-server.ts";
import { Fleet } from "./fleet.ts";
import { sharesOf } from "./shares.ts";

const secret = "a secret that edges and engines share";
const log = pino({ level: "silent" });
const endings: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.all(endings.splice(0).map((end) => end()));
});

/** An engine on a port of this machine, with workers inside this process. */
async function engine(load: () => Engine, port = 0) {
  const models = new KnownModels();
  const { launch, workers } = memoryLauncher(async () => load());
  const pool = new DeploymentPool({
    find: models.find,
    launch,
    log,
    settings: { device: "cpu" },
    memoryBytes: 2 ** 40,
    maxInFlight: 20,
  });
  const server = new EngineServer({ pool, models, secret, log });
  const address = `127.0.0.1:${await server.listen(port, "127.0.0.1")}`;
  let ended: Promise<unknown> | undefined;
  const end = () => (ended ??= Promise.all([server.close(), pool.close()]));
  endings.push(end);
  return { address, pool, server, workers, end };
}

function fleet(addresses: readonly string[], replicas = 1, more: { secret?: string; patienceMs?: number } = {}) {
  const made = new Fleet({
    find: async (name) =>
      name === "words"
        ? { name, sourcePath: "/words.gguf", bytes: 1000, deployment: { ...defaultDeployment, replicas } }
        : undefined,
    directory: fixedEngines(addresses),
    secret,
    log,
    patienceMs: 30_000,
    ...more,
  });
  endings.push(() => made.close());
  return made;
}

const of = (key: string): Affinity => ({ key, fine: key, kind: "user", label: key, scope: "org" });
const request = (more: Partial<PlacedRequest> = {}): PlacedRequest => ({ prompt: { text: "hello" }, ...more });

async function read(stream: AsyncIterable<readonly GenerateEvent[]>): Promise<GenerateEvent[]> {
  const all: GenerateEvent[] = [];
  for await (const batch of stream) all.push(...batch);
  return all;
}

const words = (events: readonly GenerateEvent[]) =>
  events.flatMap((event) => (event.type === "token" ? [event.text] : [])).join("");

describe("one engine elsewhere", () => {
  it("answers as one here would, many at once", async () => {
    const { address } = await engine(() => wordsEngine({ words: 50 }));
    const model = await fleet([address]).get("words");
    expect(await model.ready()).toMatchObject({ name: "words", device: { features: new Set() } });
    const runs = Array.from({ length: 20 }, async (_, i) => {
      const events = await read(await model.generate(request({ maxTokens: i + 1 })));
      expect(events[0]?.type).toBe("start");
      expect(events.at(-1)?.type).toBe("done");
      return events.filter(({ type }) => type === "token").length;
    });
    expect(await Promise.all(runs)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    const { rows } = await model.read({ inputs: [{ text: "abc" }] }, new AbortController().signal);
    expect(rows).toEqual([Float32Array.of(3)]);
  });

  it("takes a prompt that comes in many pieces", async () => {
    const engines: WordsEngine[] = [];
    const { address } = await engine(() => {
      const made = wordsEngine();
      engines.push(made);
      return made;
    });
    const model = await fleet([address]).get("words");
    const text = "x".repeat(5_000_000);
    await expect(model.generate(request({ prompt: { text } })).then(read)).rejects.toMatchObject({
      name: "RemoteError",
      code: "context-overflow",
      hint: "Shorten it.",
    });
    expect(engines[0]?.requests[0]?.prompt).toEqual({ text });
  });

  it("refuses as the pool there does", async () => {
    const { address } = await engine(() => wordsEngine({ words: 100_000, pauseMs: 1 }));
    const made = fleet([address]);
    await expect(made.get("others")).rejects.toMatchObject({ code: "unknown-model" });
    const model = await made.get("words");
    const streams = await Promise.all(Array.from({ length: 20 }, () => model.generate(request())));
    await expect(model.generate(request())).rejects.toMatchObject({
      name: "ServingError",
      code: "queue-full",
      retryAfterSeconds: 1,
    });
    await Promise.all(streams.map((stream) => stream.return?.()));
    await until(() => made.statuses()[0]?.inFlight === 0, 20_000);
    expect(made.inFlight).toBe(0);
  });

  it("stops when its reader leaves, and waits for one that is slow", async () => {
    const source = wordsEngine({ words: 100_000 });
    const { address } = await engine(() => source);
    const model = await fleet([address]).get("words");
    const stream = await model.generate(request());
    await stream.next();
    // Two windows, there and here, and an event in each hand.
    await until(() => source.produced >= creditWindow, 20_000);
    const stalled = async () => {
      const before = source.produced;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return source.produced === before;
    };
    await until(stalled, 20_000);
    expect(source.produced).toBeLessThan(4 * creditWindow);
    await stream.return?.();
    await until(() => source.cancelled === 1, 20_000);
  });

  it("finishes what it has when it leaves, and gets no more", async () => {
    const both = await Promise.all([1, 2].map(() => engine(() => wordsEngine({ words: 300, pauseMs: 1 }))));
    const made = fleet(
      both.map(({ address }) => address),
      2,
    );
    const model = await made.get("words");
    await until(() => made.connected === 2, 20_000);
    const answer = await model.generate(request({ affinity: of("ada") }));
    const leaver = both.find(({ pool }) => pool.inFlight === 1);
    const other = both.find((one) => one !== leaver);
    leaver?.server.leave();
    await until(() => made.connected === 1, 20_000);
    const next = await model.generate(request({ affinity: of("ada") }));
    expect([leaver, other].map((one) => one?.pool.inFlight)).toEqual([1, 1]);
    expect((await read(answer)).at(-1)?.type).toBe("done");
    await next.return?.();
  });

  it("is waited for, and comes back", async () => {
    const first = await engine(() => wordsEngine({ words: 3 }));
    const made = fleet([first.address]);
    const model = await made.get("words");
    expect(words(await read(await model.generate(request())))).toBe("word0 word1 word2 ");
    await first.end();
    await until(() => made.connected === 0, 20_000);
    const answer = model.generate(request()).then(read);
    await engine(() => wordsEngine({ words: 2 }), Number(first.address.split(":")[1]));
    expect(words(await answer)).toBe("word0 word1 ");
  });

  it("is no engine for one that doesn't know the secret", async () => {
    const { address } = await engine(() => wordsEngine());
    const stranger = fleet([address], 1, { secret: "another secret of the same length, at least", patienceMs: 300 });
    const model = await stranger.get("words");
    await expect(model.generate(request())).rejects.toMatchObject({ code: "model-unavailable" });
    const [host = "", port] = address.split(":");
    await expect(openChannel(host, Number(port), "x".repeat(40))).rejects.toThrow();
  });
});

describe("several engines", () => {
  const shares = (replicas: number, count: number) =>
    sharesOf(
      "words",
      replicas,
      Array.from({ length: count }, (_, i) => ({ id: `host${i}:4100` })),
    ).map((share) => share.replicas);

  it("divide a model's replicas", () => {
    expect(shares(1, 3)).toEqual([1]);
    expect(shares(3, 3)).toEqual([1, 1, 1]);
    expect(shares(5, 2)).toEqual([3, 2]);
    expect(shares(2, 0)).toEqual([]);
  });

  it("keep a user at one of them, and tell what they do together", async () => {
    const counts = new Map<string, WordsEngine>();
    const make = (name: string) => () => {
      const made = wordsEngine({ words: 1 });
      counts.set(name, made);
      return made;
    };
    const [a, b] = [await engine(make("a")), await engine(make("b"))];
    const made = fleet([a.address, b.address], 2);
    const model = await made.get("words");
    await until(() => made.connected === 2, 20_000);
    await model.ready();
    for (let i = 0; i < 5; i++) await read(await model.generate(request({ affinity: of("ada") })));
    const asked = () => ["a", "b"].map((name) => counts.get(name)?.requests.length ?? 0);
    expect(asked().toSorted()).toEqual([0, 5]);
    for (let i = 0; i < 30; i++) await read(await model.generate(request({ affinity: of(`u${i}`) })));
    expect(Math.min(...asked())).toBeGreaterThan(0);
    await until(() => made.statuses()[0]?.replicas.length === 2, 20_000);
    await until(() => made.statuses()[0]?.hotKeys[0]?.label === "ada", 20_000);
    expect(made.statuses()).toMatchObject([
      {
        model: "words",
        state: "ready",
        applied: { replicas: 2 },
        replicas: expect.arrayContaining([
          expect.objectContaining({ node: a.address }),
          expect.objectContaining({ node: b.address }),
        ]),
        placements: { sticky: 35 },
      },
    ]);
  });

  it("take over what one that dies had in hand", async () => {
    // Each engine answers only once it is told that the other is gone.
    let pauseMs = 1e6;
    const both = await Promise.all([1, 2].map(() => engine(() => wordsEngine({ words: 3, pauseMs }))));
    const made = fleet(
      both.map(({ address }) => address),
      2,
    );
    const model = await made.get("words");
    await until(() => made.connected === 2, 20_000);
    const answer = model.generate(request({ affinity: of("ada") })).then(read);
    await until(() => both.some(({ pool }) => pool.inFlight === 1), 20_000);
    pauseMs = 0;
    await both.find(({ pool }) => pool.inFlight === 1)?.end();
    expect(words(await answer)).toBe("word0 word1 word2 ");
  });
});
