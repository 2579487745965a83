import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { objectiveState } from "../../domain/alerts/objectives.ts";
import { forecastMonth } from "../../domain/billing/forecast.ts";
import { reconciliation } from "../../domain/billing/reconciliation.ts";
import { UsageMeter } from "../../domain/usage/meter.ts";
import { stepOf, usageGroups, usageReport } from "../../domain/usage/report.ts";
import { newRequestId } from "../../domain/usage/request-id.ts";
import { foldEvents, foldHours } from "../../domain/usage/rollup.ts";
import { type Figure, figure } from "./figures.ts";

const batchSize = 4_000;
const days = 30;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const keyCount = 20;
const modelCount = 5;

/**
 * What a month of usage costs to take and to read, on a database of its own: events over thirty days, as they would come,
 * with the folding that follows them; then every chart of the usage page, the month's forecast, an invoice, and the
 * reconciliation.
 * @param count events that are made
 * @param told hears how far it is
 */
export async function benchBilling(runs: number, count: number, told: (line: string) => void): Promise<Figure[]> {
  const { openDatabase } = await import("@tugboat/db");
  const home = await mkdtemp(join(tmpdir(), "tug-"));
  const database = await openDatabase({ home });
  const scope = database.organization(database.home.organizationId);
  const meter = await UsageMeter.open(join(home, "journal"), database.metering, pino({ level: "silent" }));
  const keys = Array.from({ length: keyCount }, () => newRequestId());
  // Whole days, so that all of them are over and can be billed.
  const end = Math.floor(Date.now() / dayMs) * dayMs;
  const begin = end - days * dayMs;
  const span = { from: new Date(begin), to: new Date(end) };
  const price = { input: 150_000, cachedInput: 75_000, output: 600_000, perHour: 0, marginBasisPoints: 0 };
  try {
    const rates: number[] = [];
    let ingesting = 0;
    for (let done = 0; done < count; done += batchSize) {
      const events = Array.from({ length: Math.min(batchSize, count - done) }, (_, i) => {
        const n = done + i;
        const at = begin + Math.floor((n / count) * days * dayMs);
        const model = `model-${(n * 31) % modelCount}`;
        const facts = {
          ...{ organizationId: scope.id, projectId: database.home.projectId, userId: null, kind: "chat", model },
          ...{ id: newRequestId(at), requestId: "req", apiKeyId: keys[(n * 7919) % keyCount] ?? null },
        };
        const outputTokens = 1 + ((n * 104_729) % 400);
        const event = meter.priced(facts, {
          ...{ status: "done", inputTokens: 800, cachedTokens: (n * 13) % 800, outputTokens },
          ...{ ttftMs: 20 + ((n * 7919) % 300), itlMs: 3 + (n % 9), queueMs: n % 5, computeMs: 840 },
          durationMs: 100 + outputTokens * 4,
        });
        // What the price book would say, without waiting a month for its versions to have begun.
        const amount = BigInt(800 * price.input + outputTokens * price.output);
        return { ...event, amountPicoUsd: amount };
      });
      const start = performance.now();
      await database.metering.ingest(events, foldEvents);
      const took = performance.now() - start;
      ingesting += took;
      rates.push((events.length * 1000) / took);
      if (done % 500_000 < batchSize) told(`${done} events, ${Math.round((done * 1000) / Math.max(1, ingesting))}/s`);
    }
    const folding = await timed(async () => {
      while ((await database.metering.compact(foldHours, 0)) > 0);
      while ((await database.metering.foldDays(foldHours, new Date(end))) > 0);
    });
    told(`folded in ${Math.round(folding)} ms`);

    const charts = new Map<string, number[]>();
    const read = async (name: string, run: () => Promise<unknown>) => {
      // The first one warms the connection and the plan.
      await run();
      const times: number[] = [];
      for (let run_ = 0; run_ < runs; run_++) times.push(await timed(run));
      charts.set(name, times);
    };
    for (const by of usageGroups) {
      await read(`30 days by ${by}`, async () => usageReport(await scope.usage.sums(span), { ...span, by }));
    }
    const lastDays = (n: number) => ({ from: new Date(end - n * dayMs), to: new Date(end) });
    for (const n of [1, 7]) {
      const some = lastDays(n);
      await read(n === 1 ? "24 hours by key" : `${n} days by key`, async () =>
        usageReport(await (stepOf(some) === "hour" ? scope.usage.hours(some) : scope.usage.sums(some)), {
          ...some,
          by: "key",
        }),
      );
    }
    await read("this month and its forecast", async () => {
      const spent = new Map<number, bigint>();
      for (const { amountPicoUsd, day } of await scope.usage.tokens(span)) {
        spent.set(day.getTime(), (spent.get(day.getTime()) ?? 0n) + amountPicoUsd);
      }
      forecastMonth(spent, new Date());
    });
    const objective = { id: "o", name: "o", model: null, measure: "ttft", withinMs: 300, percent: 95 } as const;
    await read("an objective over 30 days", async () => objectiveState(await scope.usage.sums(span), objective));
    const slowest = Math.max(...[...charts.values()].flat());

    const reconciling: number[] = [];
    let differences = 0;
    for (let run = 0; run < runs; run++) {
      reconciling.push(
        await timed(async () => {
          differences = (await reconciliation(scope, span)).differences.length;
        }),
      );
    }
    told(`${differences} differences`);
    const invoice = await timed(async () => {
      const draft = await scope.invoices.draft({
        ...{ ...span, billTo: "", note: "", taxName: "", taxBasisPoints: 0, createdBy: "system" },
      });
      await scope.invoices.finalize(draft.id, draft.updatedAt);
    });
    return [
      figure(`${count} events into hourly sums, sustained`, "events/s", "more", [(count * 1000) / ingesting]),
      figure("the same, with folding hours and days", "events/s", "more", [(count * 1000) / (ingesting + folding)]),
      figure("a batch of 4,000, median", "events/s", "more", rates),
      ...[...charts].map(([name, times]) => figure(`${name}, read and merged`, "ms", "less", times)),
      figure("the slowest of these readings", "ms", "less", [slowest]),
      figure("an invoice over 30 days, drafted, checked and final", "ms", "less", [invoice]),
      figure(`reconciliation over 30 days (${differences} differences)`, "ms", "less", reconciling),
    ];
  } finally {
    await meter.close();
    await database.close();
    await rm(home, { recursive: true, force: true });
  }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}
