import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "@tugboat/db";
import { Client } from "pg";
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
const inputPrice = 150_000;
const outputPrice = 600_000;
/** The rest of the month is written by the database itself, which is faster. */
const ingestedAtMost = 400_000;

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
  try {
    const rates: number[] = [];
    let ingesting = 0;
    const ingested = Math.min(ingestedAtMost, count);
    await fillMonth(database, { count: count - ingested, keys, organizationId: scope.id, span }, (line) => told(line));
    // The last of the month, as the shipper would bring them.
    const last = end - Math.ceil((ingested / count) * days * dayMs);
    for (let done = 0; done < ingested; done += batchSize) {
      const events = Array.from({ length: Math.min(batchSize, ingested - done) }, (_, i) => {
        const n = done + i;
        const at = last + Math.floor((n / ingested) * (end - last));
        const model = `model-${n % modelCount}`;
        const facts = {
          ...{ organizationId: scope.id, projectId: database.home.projectId, userId: null, kind: "chat" },
          ...{
            model,
            taskId: null,
            id: newRequestId(at),
            requestId: "req",
            apiKeyId: keys[(n * 7919) % keyCount] ?? null,
          },
        };
        const outputTokens = 1 + ((n * 104_729) % 400);
        const event = meter.priced(facts, {
          ...{ status: "done", inputTokens: 800, cachedTokens: (n * 13) % 800, outputTokens },
          ...{ ttftMs: 20 + ((n * 7919) % 300), itlMs: 3 + (n % 9), queueMs: n % 5, computeMs: 840 },
          durationMs: 100 + outputTokens * 4,
        });
        // What a price book would say, without waiting a month for its version to have begun.
        return { ...event, amountPicoUsd: BigInt(800 * inputPrice + outputTokens * outputPrice) };
      });
      const start = performance.now();
      await database.metering.ingest(events, foldEvents);
      const took = performance.now() - start;
      ingesting += took;
      rates.push((events.length * 1000) / took);
    }
    told(`${ingested} events ingested, ${Math.round((ingested * 1000) / ingesting)}/s`);
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
      figure(`${ingested} events into hourly sums, beside ${count - ingested}`, "events/s", "more", [
        (ingested * 1000) / ingesting,
      ]),
      figure("a batch of 4,000, median", "events/s", "more", rates),
      figure(`folding ${days} days of hours into days`, "ms", "less", [folding]),
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

interface Fill {
  readonly count: number;
  readonly keys: readonly string[];
  readonly organizationId: string;
  readonly span: { readonly from: Date; readonly to: Date };
}

/** Events over a month, written by the database, a day at a time, with their tallies and the sums made of them. */
async function fillMonth(database: Database, fill: Fill, told: (line: string) => void): Promise<void> {
  const { count, keys, organizationId, span } = fill;
  if (count <= 0) return;
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    const perDay = Math.floor(count / days);
    for (let day = 0; day < days; day++) {
      const at = new Date(span.from.getTime() + day * dayMs);
      const many = day === days - 1 ? count - perDay * (days - 1) : perDay;
      await client.query("SELECT ensure_day_partition('usage_event', $1::date)", [at.toISOString().slice(0, 10)]);
      await client.query(
        `INSERT INTO usage_event (id, at, organization_id, project_id, api_key_id, user_id, request_id, kind, model, target,
             status, input_tokens, cached_tokens, output_tokens, estimated, ttft_us, itl_us, queue_us, compute_us, duration_us,
             price_book_id, amount_pico_usd)
         SELECT uuidv7(at - clock_timestamp()), at, $1, $2, ($3::uuid[])[1 + (n * 7919) % ${keyCount}], NULL, 'req', 'chat',
                'model-' || n % ${modelCount}, 'model-' || n % ${modelCount}, 'done', 800, (n * 13) % 800, output, false,
                20000 + (n * 7919) % 300 * 1000, 3000 + n % 9 * 1000, n % 5 * 1000, 840000, 100000 + output * 4000, NULL,
                800 * ${inputPrice}::bigint + output * ${outputPrice}::bigint
           FROM (SELECT n, 1 + (n * 104729) % 400 AS output,
                        date_trunc('milliseconds', $4::timestamptz + interval '1 day' * (n::float8 / $5)) AS at
                   FROM generate_series(0::bigint, $5::bigint - 1) AS n) AS made`,
        [organizationId, database.home.projectId, keys, at, many],
      );
      await client.query(
        `INSERT INTO request_tally (organization_id, hour, requests)
         SELECT organization_id, date_trunc('hour', at, 'UTC'), count(*) FROM usage_event
          WHERE organization_id = $1 AND at >= $2 AND at < $2::timestamptz + interval '1 day' GROUP BY 1, 2`,
        [organizationId, at],
      );
      await database.metering.recompute(organizationId, { from: at, to: new Date(at.getTime() + dayMs) }, foldEvents);
      if (day % 5 === 4) told(`day ${day + 1} of ${days}`);
    }
    await client.query("ANALYZE usage_event");
    await client.query("ANALYZE usage_hour");
  } finally {
    await client.end();
  }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}
