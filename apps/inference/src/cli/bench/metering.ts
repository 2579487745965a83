import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { UsageMeter } from "../../domain/usage/meter.ts";
import { usageReport } from "../../domain/usage/report.ts";
import { newRequestId } from "../../domain/usage/request-id.ts";
import { foldEvents, foldHours } from "../../domain/usage/rollup.ts";
import { type Figure, figure } from "./figures.ts";

const settlements = 2_000;
const batches = 20;
const batchSize = 2_000;
const dayMs = 86_400_000;

/**
 * What metering costs, on a database of its own: what it adds to a request before its end, the wait for the journal at
 * its end (alone and with 32 others that end together), events a second into sums, and reading 30 days of them.
 */
export async function benchMetering(runs: number): Promise<Figure[]> {
  const { openDatabase } = await import("@tugboat/db");
  const home = await mkdtemp(join(tmpdir(), "tug-"));
  const database = await openDatabase({ home });
  const scope = database.organization(database.home.organizationId);
  await scope.priceBooks.add({
    prices: [{ target: "*", input: 150_000, cachedInput: 75_000, output: 600_000, perHour: 0, marginBasisPoints: 0 }],
    note: "",
    effectiveFrom: undefined,
    createdBy: "system",
    seenVersion: 0,
  });
  await scope.budgets.set("organization", scope.id, { amountMicroUsd: 1_000_000_000_000n });
  const meter = await UsageMeter.open(join(home, "journal"), database.metering, pino({ level: "silent" }));
  const payer = {
    organizationId: scope.id,
    projectId: database.home.projectId,
    apiKeyId: newRequestId(),
    taskId: null,
  };
  const outcome = { status: "done", inputTokens: 800, cachedTokens: 512, outputTokens: 200, durationMs: 900 } as const;
  const times = { ttftMs: 40, itlMs: 4, queueMs: 1, computeMs: 840 };
  const request = (model: number, at = Date.now()) => ({
    ...payer,
    id: newRequestId(at),
    userId: null,
    requestId: "req",
    kind: "chat",
    model: `model-${model}`,
  });
  try {
    const adds: number[] = [];
    const alone: number[] = [];
    const together: number[] = [];
    const rates: number[] = [];
    const reads: number[] = [];
    for (let run = 0; run < runs; run++) {
      const waits: Promise<void>[] = [];
      for (let i = 0; i < settlements; i++) {
        const facts = request(i % 5);
        const start = performance.now();
        meter.admit(payer);
        const { durable } = meter.settle(facts, { ...outcome, ...times });
        adds.push(performance.now() - start);
        waits.push(durable);
      }
      await Promise.all(waits);
      await meter.flush(60_000);
      for (let i = 0; i < 50; i++) {
        const start = performance.now();
        await meter.settle(request(i % 5), { ...outcome, ...times }).durable;
        alone.push(performance.now() - start);
      }
      for (let i = 0; i < 20; i++) {
        const ended = Array.from({ length: 32 }, async () => {
          const start = performance.now();
          await meter.settle(request(i % 5), { ...outcome, ...times }).durable;
          together.push(performance.now() - start);
        });
        await Promise.all(ended);
      }
      await meter.flush(60_000);
      const now = Date.now();
      const batch = (hoursBack: (i: number) => number) =>
        Array.from({ length: batchSize }, (_, i) => ({
          ...meter.priced(request(i % 5, now - hoursBack(i) * 3_600_000), {
            ...outcome,
            ...times,
            ttftMs: 20 + (i % 300),
          }),
          apiKeyId: keyIds[i % keyIds.length] ?? null,
        }));
      // As they come: of this hour, as the shipper would write them.
      const live = Array.from({ length: batches }, () => batch(() => 0));
      const start = performance.now();
      for (const events of live) await database.metering.ingest(events, foldEvents);
      rates.push((batches * batchSize * 1000) / (performance.now() - start));
      // Thirty days of 20 keys and 5 models.
      for (let i = 0; i < batches; i++) {
        await database.metering.ingest(
          batch((k) => ((i * batchSize + k) * 7919) % (30 * 24)),
          foldEvents,
        );
      }
      await database.metering.compact(foldHours, 0);
      const read = performance.now();
      const span = { from: new Date(now - 30 * dayMs), to: new Date(now + 3_600_000) };
      usageReport(await scope.usage.hours(span), { ...span, by: "key" });
      reads.push(performance.now() - read);
    }
    return [
      figure("admission, price and record of a request", "ms added", "less", adds),
      figure("end of a request: durable, alone", "ms", "less", alone),
      figure("end of a request: durable, 32 at once", "ms", "less", together),
      figure("events into sums", "events/s", "more", rates),
      figure("30 days by key, read and merged", "ms", "less", reads),
    ];
  } finally {
    await meter.close();
    await database.close();
    await rm(home, { recursive: true, force: true });
  }
}

const keyIds = Array.from({ length: 20 }, () => newRequestId());
