import { pino } from "pino";
import { afterEach, expect, it } from "vitest";
import { wordsEngine } from "../testing/engine.ts";
import { memoryLauncher } from "../testing/workers.ts";
import { DeploymentPool } from "./pool.ts";

const pools: DeploymentPool[] = [];
const gib = 2 ** 30;

/** Workers of this test live in its own process, so their estimate counts: the models are far larger. */
function pool(models: Record<string, number>, memoryBytes: number) {
  const { launch, workers } = memoryLauncher(async () => wordsEngine({ words: 1000, pauseMs: 5 }));
  const made = new DeploymentPool({
    find: async (name) => {
      const bytes = models[name];
      return bytes === undefined ? undefined : { name, sourcePath: `/${name}.gguf`, bytes };
    },
    launch,
    log: pino({ level: "silent" }),
    settings: { device: "cpu" },
    memoryBytes,
    maxInFlight: 10,
  });
  pools.push(made);
  return { pool: made, workers };
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((one) => one.close()));
});

const loaded = (one: DeploymentPool) => one.statuses().map(({ model }) => model);

it("knows only the catalog's models", async () => {
  const { pool: one } = pool({ a: 1 }, gib);
  await expect(one.get("b")).rejects.toMatchObject({ code: "unknown-model" });
});

it("gives the same deployment to requests that come together", async () => {
  const { pool: one, workers } = pool({ a: 1000 }, gib);
  const [first, second] = await Promise.all([one.get("a"), one.get("a")]);
  expect(first).toBe(second);
  await first.ready();
  expect(workers).toHaveLength(1);
});

it("unloads the model unused the longest to make room", async () => {
  const { pool: one } = pool({ a: gib, b: gib, c: gib }, 2.5 * gib);
  await one.get("a");
  await one.get("b");
  for await (const _ of await (await one.get("a")).generate({ prompt: { text: "x" }, maxTokens: 2 })) {
    // To its end.
  }
  await one.get("c");
  expect(loaded(one)).toEqual(["a", "c"]);
});

it("does not unload a model that is answering", async () => {
  const { pool: one } = pool({ a: 2 * gib, b: gib }, 2.5 * gib);
  const a = await one.get("a");
  const stream = await a.generate({ prompt: { text: "x" } });
  // Busy by its request, whatever its worker reports of its memory.
  Object.defineProperty(a, "status", { value: () => ({ model: "a", state: "ready", restarts: 0, inFlight: 1 }) });
  await expect(one.get("b")).rejects.toMatchObject({ code: "no-memory", retryAfterSeconds: 5 });
  await stream.return?.();
  await one.get("b");
  expect(loaded(one)).toEqual(["b"]);
});

it("refuses a model that never fits", async () => {
  const { pool: one } = pool({ a: 4 * gib }, gib);
  await expect(one.get("a")).rejects.toMatchObject({ code: "no-memory", message: expect.stringContaining("1024 MiB") });
});

it("stops serving what was taken out of the catalog", async () => {
  const models: Record<string, number> = { a: 1000 };
  const { pool: one } = pool(models, gib);
  await (await one.get("a")).ready();
  delete models.a;
  await expect(one.get("a")).rejects.toMatchObject({ code: "unknown-model" });
  expect(loaded(one)).toEqual([]);
});
