import { expect, it } from "vitest";
import { ExactCache } from "../../domain/caching/exact-cache.ts";
import type { CatalogEntry } from "../../domain/models/catalog.ts";
import type { Answering, ChoiceEvent } from "./generation.ts";
import { type KeptAnswer, keeping, keyOf, Replay } from "./kept-answer.ts";

const usage = { promptTokens: 7, completionTokens: 3, cachedTokens: 2 };
const token = (text: string): ChoiceEvent => ({ type: "token", choice: 0, token: 1, text });
const finish = (reason: "stop" | "cancelled" = "stop"): ChoiceEvent => ({
  type: "finish",
  choice: 0,
  reason,
  text: "",
});
const place = { key: "key", organizationId: "one", ttl: 60 };

function answering(batches: ChoiceEvent[][], failure?: Error): Answering {
  return {
    source: "computed",
    usage,
    timings: undefined,
    tokens: 10,
    cachedTokens: 2,
    queueMs: 1,
    firstMs: 2,
    used: { usage },
    cancel: () => {},
    async next() {
      const batch = batches.shift();
      if (batch === undefined && failure !== undefined) throw failure;
      return batch;
    },
  };
}

async function readAll(answer: Answering): Promise<ChoiceEvent[]> {
  const events: ChoiceEvent[] = [];
  for (let some = await answer.next(); some !== undefined; some = await answer.next()) events.push(...some);
  return events;
}

it("keeps what has ended, and gives it again as cached tokens for which nothing was generated", async () => {
  const cache = new ExactCache<KeptAnswer>();
  const events = [token("a"), token("b"), finish()];
  expect(await readAll(keeping(answering([[token("a")], [token("b"), finish()]]), cache, place))).toEqual(events);
  const kept = cache.get("key", Date.now())!;
  const replay = new Replay(kept);
  expect(replay.usage).toEqual({ promptTokens: 7, completionTokens: 3, cachedTokens: 7 });
  expect(replay.used).toEqual({ usage: { promptTokens: 7, cachedTokens: 7, completionTokens: 0 } });
  expect(await readAll(replay)).toEqual(events);
  // Each reader reads it from the beginning.
  expect(await readAll(new Replay(kept))).toEqual(events);
});

it("keeps nothing that was cut short, cancelled or failed", async () => {
  const cache = new ExactCache<KeptAnswer>();
  const cut = keeping(answering([[token("a")], [finish()]]), cache, place);
  await cut.next();
  cut.cancel();
  await readAll(cut);
  await readAll(keeping(answering([[token("a")], [finish("cancelled")]]), cache, place));
  await readAll(keeping(answering([[token("a")]]), cache, place));
  await expect(readAll(keeping(answering([[token("a")]], new Error("died")), cache, place))).rejects.toThrow("died");
  expect(cache.stats.answers).toBe(0);
});

it("has a key for what is always the same, and another for each organization and model", () => {
  const entry: CatalogEntry = {
    name: "m",
    sourcePath: "/m.gguf",
    architecture: "llama",
    parameters: 1,
    contextLength: 64,
    quantisation: "f16",
    licence: null,
    bytes: 10,
    own: true,
    addedAt: new Date(0),
  };
  const greedy = [{ prompt: { text: "a" }, temperature: 0 }];
  const key = keyOf("one", entry, greedy, 1);
  expect(key).toBeDefined();
  expect(keyOf("one", entry, [{ prompt: { text: "a" }, temperature: 1 }], 1)).toBeUndefined();
  expect(keyOf("one", entry, [{ prompt: { text: "a" } }], 1)).toBeUndefined();
  expect(keyOf("one", entry, [{ prompt: { text: "a" }, seed: 3 }], 1)).toBeDefined();
  expect(keyOf("one", undefined, greedy, 1)).toBeUndefined();
  const others = [
    keyOf("two", entry, greedy, 1),
    keyOf("one", { ...entry, bytes: 11 }, greedy, 1),
    keyOf("one", { ...entry, name: "adapter" }, greedy, 1),
    keyOf("one", entry, [{ prompt: { text: "b" }, temperature: 0 }], 1),
    keyOf("one", entry, greedy, 2),
  ];
  expect(new Set([key, ...others]).size).toBe(6);
});
