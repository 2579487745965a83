import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeptTrace, TraceFilter } from "@tugboat/db";
import { newRequestId, timeOfRequestId } from "../../domain/usage/request-id.ts";
import { type Figure, figure } from "./figures.ts";
import { fillTraces } from "./fill-traces.ts";

const batchSize = 500;
const dayMs = 86_400_000;
const spansEach = 6;
/** The rest is written by the database itself, which is faster. */
const writtenAtMost = 20_000;
const words = ["invoice", "harbour", "pelican", "refund", "delivery", "password", "tugboat", "weather"];

/**
 * What traces cost, on a database of its own: traces a second with their steps and texts, then reading pages of fifty
 * over thirty days, unfiltered and by each kind of filter.
 * @param count traces that are made, with six steps each
 */
export async function benchTraces(runs: number, count: number): Promise<Figure[]> {
  const { openDatabase } = await import("@tugboat/db");
  const home = await mkdtemp(join(tmpdir(), "tug-"));
  const database = await openDatabase({ home });
  const scope = database.organization(database.home.organizationId);
  const keys = Array.from({ length: 20 }, () => newRequestId());
  const now = Date.now();
  const rates: number[] = [];
  try {
    const filled = Math.max(0, count - writtenAtMost);
    const began = now - 30 * dayMs * (1 - filled / count);
    const span = { from: new Date(now - 30 * dayMs), to: new Date(began) };
    await fillTraces(database, { count: filled, keys, words, span });
    for (let done = filled; done < count; done += batchSize) {
      const size = Math.min(batchSize, count - done);
      // Days come one after another, as they do.
      const made = Array.from({ length: size }, (_, i) =>
        keptTrace(scope.id, keys, done + i, now - 30 * dayMs * (1 - (done + i) / count)),
      );
      const start = performance.now();
      await database.traces.write(made);
      rates.push((size * 1000) / (performance.now() - start));
    }
    const all = { from: new Date(now - 30 * dayMs), to: new Date(now + 60_000) };
    const middle = { at: new Date(now - 15 * dayMs), id: newRequestId(now - 15 * dayMs) };
    const page = async (filter: Partial<TraceFilter>, before?: typeof middle) => {
      const times: number[] = [];
      for (let run = 0; run < runs + 1; run++) {
        const start = performance.now();
        await scope.traces.list({ ...all, ...filter }, { limit: 50, before });
        // The first one warms the connection and the plan.
        if (run > 0) times.push(performance.now() - start);
      }
      return times;
    };
    const detail: number[] = [];
    const [newest] = await scope.traces.list(all, { limit: 1 });
    for (let run = 0; newest !== undefined && run < runs; run++) {
      const start = performance.now();
      await scope.traces.get(newest.id);
      detail.push(performance.now() - start);
    }
    const read = (name: string, times: readonly number[]) =>
      figure(`${name}, of ${count * spansEach} spans`, "ms", "less", times);
    return [
      figure("traces with steps and texts, written", "traces/s", "more", rates),
      read("newest fifty", await page({})),
      read("fifty from the middle", await page({}, middle)),
      read("by key", await page({ apiKeyId: keys[7] })),
      read("by model", await page({ model: "model-3" })),
      read("failed ones", await page({ statuses: ["error", "refused", "aborted"] })),
      read("slower than all but a few", await page({ leastDurationUs: 4_990_000 })),
      read("with a common word", await page({ text: "pelican" })),
      read("with a rare word", await page({ text: "needle" })),
      read("nothing matches", await page({ text: "haystack", model: "model-1" })),
      read("one with its steps", detail),
    ];
  } finally {
    await database.close();
    await rm(home, { recursive: true, force: true });
  }
}

function keptTrace(organizationId: string, keys: readonly string[], n: number, at: number): KeptTrace {
  const id = newRequestId(at);
  const traceHex = id.replaceAll("-", "");
  const begin = timeOfRequestId(id);
  const status = n % 97 === 0 ? ("error" as const) : ("done" as const);
  const durationUs = 100_000 + ((n * 7919) % 5_000) * 1000;
  const text = `${words[n % words.length]} ${words[(n * 7) % words.length]} number ${n}${n % 9973 === 0 ? " needle" : ""}`;
  return {
    trace: {
      ...{ id, at: begin, organizationId, projectId: null, apiKeyId: keys[n % keys.length] ?? null, userId: null },
      ...{ requestId: `req_${traceHex}`, traceHex, kind: "chat", model: `model-${n % 5}`, target: `model-${n % 5}` },
      ...{ alias: null, status, httpStatus: status === "done" ? 200 : 500, error: null, cache: "miss" },
      ...{ inputTokens: 800, cachedTokens: 0, outputTokens: 200, ttftUs: 40_000, queueUs: 1000, durationUs },
      ...{ amountPicoUsd: 120_000_000n, preview: text },
    },
    spans: ["chat", "key", "route", "queue", "prefill", "decode"].map((name, index) => ({
      ...{ traceHex, spanId: `${index}`.padStart(16, "0"), parentId: index === 0 ? null : "0".repeat(16), at: begin },
      ...{ atUs: index, durationUs: index === 0 ? durationUs : 1000, name, service: "tugboat", failed: false },
      attributes: { "gen_ai.request.model": "model", "gen_ai.usage.output_tokens": 200 },
    })),
    body: {
      input: JSON.stringify({ messages: [{ role: "user", content: text }] }),
      output: JSON.stringify([{ content: text }]),
      redacted: true,
    },
  };
}
