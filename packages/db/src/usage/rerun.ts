import type { Pool, PoolClient } from "pg";
import type { UsageEvent, UsageHour, UsageStatus } from "./event.ts";
import { usageStatuses } from "./event.ts";
import { type HourRow, hourColumns, insertDays, insertHours, lockHours, usageHour } from "./hours.ts";
import type { FoldEvents } from "./ingest.ts";

/** Makes one of several sums with the same hour and dimensions. */
export type FoldHours = (hours: readonly UsageHour[]) => readonly UsageHour[];

/**
 * Folds the rows of each hour and organization that has many. What they sum up to stays the same.
 * @returns how many rows became fewer
 */
export async function compactHours(pool: Pool, fold: FoldHours, moreThan: number): Promise<number> {
  const crowded = await pool.query<{ organization_id: string; hour: Date }>(
    `SELECT organization_id, hour FROM usage_hour
      GROUP BY organization_id, hour
     HAVING count(*) > $1 + count(DISTINCT (project_id, api_key_id, user_id, kind, model, target))
      LIMIT 100`,
    [moreThan],
  );
  let fewer = 0;
  for (const { organization_id, hour } of crowded.rows) {
    fewer += await alone(pool, async (client) => {
      const { rows } = await client.query<HourRow>(
        `DELETE FROM usage_hour WHERE organization_id = $1 AND hour = $2 RETURNING ${hourColumns}`,
        [organization_id, hour],
      );
      const folded = fold(rows.map(usageHour));
      await insertHours(client, folded);
      return rows.length - folded.length;
    });
  }
  return fewer;
}

/**
 * Makes the daily sums of days that are over and whose hours have changed since they were made.
 * @param before the moment before which a day must have ended
 * @returns how many days were made
 */
export async function foldDays(pool: Pool, fold: FoldHours, before: Date): Promise<number> {
  const open = await pool.query<{ organization_id: string; day: Date }>(
    "SELECT organization_id, day FROM usage_day_open WHERE day + interval '1 day' <= $1 ORDER BY day LIMIT 100",
    [before],
  );
  for (const { day, organization_id } of open.rows) {
    await alone(pool, async (client) => {
      const whole = [organization_id, day];
      const { rows } = await client.query<HourRow>(
        `SELECT ${hourColumns} FROM usage_hour WHERE organization_id = $1 AND hour >= $2 AND hour < $2 + interval '1 day'`,
        whole,
      );
      await client.query("DELETE FROM usage_day WHERE organization_id = $1 AND day = $2", whole);
      await insertDays(client, fold(rows.map((row) => ({ ...usageHour(row), hour: day }))));
      await client.query("DELETE FROM usage_day_open WHERE organization_id = $1 AND day = $2", whole);
    });
  }
  return open.rows.length;
}

/** Makes the sums of an organization's hours anew from their events. */
export async function recomputeHours(
  pool: Pool,
  organizationId: string,
  { from, to }: { readonly from: Date; readonly to: Date },
  fold: FoldEvents,
): Promise<void> {
  await alone(pool, async (client) => {
    const { rows } = await client.query<EventRow>(
      "SELECT * FROM usage_event WHERE organization_id = $1 AND at >= $2 AND at < $3",
      [organizationId, from, to],
    );
    await client.query("DELETE FROM usage_hour WHERE organization_id = $1 AND hour >= $2 AND hour < $3", [
      organizationId,
      from,
      to,
    ]);
    const events = rows.map(usageEvent);
    await insertHours(client, fold(events));
    await client.query(
      `INSERT INTO usage_day_open (organization_id, day)
       SELECT $1, d FROM generate_series(date_trunc('day', $2::timestamptz, 'UTC'), $3::timestamptz, interval '1 day') d
       ON CONFLICT DO NOTHING`,
      [organizationId, from, to],
    );
  });
}

async function alone<T>(pool: Pool, run: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await lockHours(client, "alone");
    const result = await run(client);
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}

/** A row of `usage_event` as the driver gives it. */
export interface EventRow {
  readonly id: string;
  readonly at: Date;
  readonly organization_id: string;
  readonly project_id: string | null;
  readonly api_key_id: string | null;
  readonly user_id: string | null;
  readonly task_id: string | null;
  readonly request_id: string;
  readonly kind: string;
  readonly model: string;
  readonly target: string;
  readonly status: string;
  readonly input_tokens: number;
  readonly cached_tokens: number;
  readonly output_tokens: number;
  readonly estimated: boolean;
  readonly ttft_us: string | null;
  readonly itl_us: string | null;
  readonly queue_us: string | null;
  readonly compute_us: string | null;
  readonly duration_us: string;
  readonly price_book_id: string | null;
  readonly amount_pico_usd: string;
}

export function usageEvent(row: EventRow): UsageEvent {
  const micros = (text: string | null) => (text === null ? null : Number(text));
  return {
    id: row.id,
    at: row.at,
    organizationId: row.organization_id,
    projectId: row.project_id,
    apiKeyId: row.api_key_id,
    userId: row.user_id,
    taskId: row.task_id,
    requestId: row.request_id,
    kind: row.kind,
    model: row.model,
    target: row.target,
    status: usageStatuses.find((status): status is UsageStatus => status === row.status) ?? "error",
    inputTokens: row.input_tokens,
    cachedTokens: row.cached_tokens,
    outputTokens: row.output_tokens,
    estimated: row.estimated,
    ttftUs: micros(row.ttft_us),
    itlUs: micros(row.itl_us),
    queueUs: micros(row.queue_us),
    computeUs: micros(row.compute_us),
    durationUs: Number(row.duration_us),
    priceBookId: row.price_book_id,
    amountPicoUsd: BigInt(row.amount_pico_usd),
  };
}
