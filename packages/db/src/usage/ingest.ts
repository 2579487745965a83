import type { Pool, PoolClient } from "pg";
import { openDays } from "./days.ts";
import type { UsageEvent, UsageHour, UsagePeriod } from "./event.ts";
import { insertHours, lockHours } from "./hours.ts";
import { periodTotals } from "./periods.ts";

export interface Ingested {
  /** Events that were not there before. */
  readonly fresh: number;
  /** Ids that were there before with another content. What was there stays. */
  readonly conflicts: readonly string[];
  /** What the subjects of these events used in the days and months of these events, every process's events included. */
  readonly periods: readonly UsagePeriod[];
}

/** Makes the sums of events. */
export type FoldEvents = (events: readonly UsageEvent[]) => readonly UsageHour[];

const hourMs = 3_600_000;

/** The columns that are written, each with its type and what of an event it holds. */
const columns: readonly (readonly [name: string, type: string, of: (event: UsageEvent) => unknown])[] = [
  ["id", "uuid", ({ id }) => id],
  ["organization_id", "uuid", ({ organizationId }) => organizationId],
  ["project_id", "uuid", ({ projectId }) => projectId],
  ["api_key_id", "uuid", ({ apiKeyId }) => apiKeyId],
  ["user_id", "uuid", ({ userId }) => userId],
  ["request_id", "text", ({ requestId }) => requestId],
  ["kind", "text", ({ kind }) => kind],
  ["model", "text", ({ model }) => model],
  ["target", "text", ({ target }) => target],
  ["status", "text", ({ status }) => status],
  ["input_tokens", "int", ({ inputTokens }) => inputTokens],
  ["cached_tokens", "int", ({ cachedTokens }) => cachedTokens],
  ["output_tokens", "int", ({ outputTokens }) => outputTokens],
  ["estimated", "boolean", ({ estimated }) => estimated],
  ["ttft_us", "bigint", ({ ttftUs }) => ttftUs],
  ["itl_us", "bigint", ({ itlUs }) => itlUs],
  ["queue_us", "bigint", ({ queueUs }) => queueUs],
  ["compute_us", "bigint", ({ computeUs }) => computeUs],
  ["duration_us", "bigint", ({ durationUs }) => durationUs],
  ["price_book_id", "uuid", ({ priceBookId }) => priceBookId],
  ["amount_pico_usd", "bigint", ({ amountPicoUsd }) => String(amountPicoUsd)],
  ["at", "timestamptz", ({ at }) => at.toISOString()],
  ["task_id", "uuid", ({ taskId }) => taskId],
];
const names = columns.map(([name]) => name).join(", ");
/** Events as a table: a parameter for each column, which PostgreSQL reads about twice as fast as rows of JSON. */
const sent = `unnest(${columns.map(([, type], index) => `$${index + 1}::${type}[]`).join(", ")}) AS sent(${names})`;
const sentColumns = (events: readonly UsageEvent[]) => columns.map(([, , of]) => events.map(of));

/**
 * Writes events with their sums, all or nothing. An event that is there already changes nothing, however often it comes.
 * @param knownDays days whose partitions are known to exist; added to
 */
export async function ingestEvents(
  pool: Pool,
  events: readonly UsageEvent[],
  fold: FoldEvents,
  knownDays: Set<string>,
): Promise<Ingested> {
  const once = new Map<string, UsageEvent>();
  const conflicts: string[] = [];
  for (const event of events) {
    const known = once.get(event.id);
    if (known === undefined) once.set(event.id, event);
    else if (!isSame(known, event)) conflicts.push(event.id);
  }
  const client = await pool.connect();
  try {
    await ensureDays(client, [...once.values()], knownDays);
    await client.query("BEGIN");
    await lockHours(client, "shared");
    const made = await client.query<{ id: string }>(
      `INSERT INTO usage_event (${names})
       SELECT ${names} FROM ${sent}
       ON CONFLICT (id, at) DO NOTHING RETURNING id`,
      sentColumns([...once.values()]),
    );
    const fresh = made.rows.flatMap(({ id }) => once.get(id) ?? []);
    conflicts.push(...(await differing(client, once, new Set(made.rows.map(({ id }) => id)))));
    await insertHours(client, fold(fresh));
    await openDays(client, fresh);
    await tally(client, fresh);
    const periods = await periodTotals(client, fresh, [...once.values()]);
    await client.query("COMMIT");
    return { fresh: fresh.length, conflicts, periods };
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}

async function ensureDays(client: PoolClient, events: readonly UsageEvent[], known: Set<string>): Promise<void> {
  for (const day of new Set(events.map(({ at }) => at.toISOString().slice(0, 10)))) {
    if (known.has(day)) continue;
    await client.query("SELECT ensure_day_partition('usage_event', $1::date)", [day]);
    known.add(day);
  }
}

/** Of events that were there already, those that differ from what is there. */
async function differing(client: PoolClient, all: ReadonlyMap<string, UsageEvent>, made: ReadonlySet<string>) {
  const old = [...all.values()].filter(({ id }) => !made.has(id));
  if (old.length === 0) return [];
  const { rows } = await client.query<{ id: string }>(
    `SELECT sent.id FROM ${sent} JOIN usage_event e USING (id, at)
      WHERE (e.organization_id, e.project_id, e.api_key_id, e.user_id, e.model, e.target, e.status, e.input_tokens,
             e.cached_tokens, e.output_tokens, e.amount_pico_usd)
         IS DISTINCT FROM (sent.organization_id, sent.project_id, sent.api_key_id, sent.user_id, sent.model, sent.target,
             sent.status, sent.input_tokens, sent.cached_tokens, sent.output_tokens, sent.amount_pico_usd)`,
    sentColumns(old),
  );
  return rows.map(({ id }) => id);
}

async function tally(client: PoolClient, events: readonly UsageEvent[]): Promise<void> {
  const hours = new Map<string, { organization_id: string; hour: Date; requests: number }>();
  for (const { at, organizationId } of events) {
    const hour = new Date(Math.floor(at.getTime() / hourMs) * hourMs);
    const key = `${organizationId} ${hour.getTime()}`;
    const count = hours.get(key) ?? { organization_id: organizationId, hour, requests: 0 };
    count.requests += 1;
    hours.set(key, count);
  }
  if (hours.size === 0) return;
  // In the order of their keys: two processes never wait for each other's rows in a circle.
  await client.query(
    `INSERT INTO request_tally (organization_id, hour, requests)
     SELECT organization_id, hour, requests
       FROM json_to_recordset($1::json) AS sent(organization_id uuid, hour timestamptz, requests bigint) ORDER BY 1, 2
     ON CONFLICT (organization_id, hour) DO UPDATE SET requests = request_tally.requests + excluded.requests`,
    [JSON.stringify([...hours.values()])],
  );
}

function isSame(one: UsageEvent, other: UsageEvent): boolean {
  return columns.every(([, , of]) => of(one) === of(other));
}
