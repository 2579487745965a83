import type { Pool, PoolClient } from "pg";
import { openDays } from "./days.ts";
import type { UsageEvent, UsageHour, UsageMonth } from "./event.ts";
import { insertHours, lockHours } from "./hours.ts";
import { monthTotals } from "./months.ts";

export interface Ingested {
  /** Events that were not there before. */
  readonly fresh: number;
  /** Ids that were there before with another content. What was there stays. */
  readonly conflicts: readonly string[];
  /** What the subjects of these events have used since their month began, every process's events included. */
  readonly months: readonly UsageMonth[];
}

/** Makes the sums of events. */
export type FoldEvents = (events: readonly UsageEvent[]) => readonly UsageHour[];

const columns = `id uuid, organization_id uuid, project_id uuid, api_key_id uuid, user_id uuid, request_id text, kind text,
  model text, target text, status text, input_tokens int, cached_tokens int, output_tokens int, estimated boolean,
  ttft_us bigint, itl_us bigint, queue_us bigint, compute_us bigint, duration_us bigint, price_book_id uuid,
  amount_pico_usd bigint, at timestamptz`;
const names = columns.replace(/ (uuid|text|int|boolean|bigint|timestamptz)(?=,|$)/g, "");

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
    else if (JSON.stringify(row(known)) !== JSON.stringify(row(event))) conflicts.push(event.id);
  }
  const client = await pool.connect();
  try {
    await ensureDays(client, [...once.values()], knownDays);
    await client.query("BEGIN");
    await lockHours(client, "shared");
    const made = await client.query<{ id: string }>(
      `INSERT INTO usage_event (${names})
       SELECT ${names} FROM json_to_recordset($1::json) AS sent(${columns})
       ON CONFLICT (id, at) DO NOTHING RETURNING id`,
      [JSON.stringify([...once.values()].map(row))],
    );
    const fresh = made.rows.flatMap(({ id }) => once.get(id) ?? []);
    conflicts.push(...(await differing(client, once, new Set(made.rows.map(({ id }) => id)))));
    await insertHours(client, fold(fresh));
    await openDays(client, fresh);
    await tally(client, fresh);
    const months = await monthTotals(client, fresh, [...once.values()]);
    await client.query("COMMIT");
    return { fresh: fresh.length, conflicts, months };
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
async function differing(client: PoolClient, sent: ReadonlyMap<string, UsageEvent>, made: ReadonlySet<string>) {
  const old = [...sent.values()].filter(({ id }) => !made.has(id));
  if (old.length === 0) return [];
  const { rows } = await client.query<{ id: string }>(
    `SELECT sent.id FROM json_to_recordset($1::json) AS sent(${columns}) JOIN usage_event e USING (id, at)
      WHERE (e.organization_id, e.project_id, e.api_key_id, e.user_id, e.model, e.target, e.status, e.input_tokens,
             e.cached_tokens, e.output_tokens, e.amount_pico_usd)
         IS DISTINCT FROM (sent.organization_id, sent.project_id, sent.api_key_id, sent.user_id, sent.model, sent.target,
             sent.status, sent.input_tokens, sent.cached_tokens, sent.output_tokens, sent.amount_pico_usd)`,
    [JSON.stringify(old.map(row))],
  );
  return rows.map(({ id }) => id);
}

async function tally(client: PoolClient, events: readonly UsageEvent[]): Promise<void> {
  if (events.length === 0) return;
  await client.query(
    `INSERT INTO request_tally (organization_id, hour, requests)
     SELECT organization_id, date_trunc('hour', at, 'UTC'), count(*)
       FROM json_to_recordset($1::json) AS sent(organization_id uuid, at timestamptz)
      GROUP BY 1, 2 ORDER BY 1, 2
     ON CONFLICT (organization_id, hour) DO UPDATE SET requests = request_tally.requests + excluded.requests`,
    [JSON.stringify(events.map(({ organizationId, at }) => ({ organization_id: organizationId, at })))],
  );
}

function row(event: UsageEvent) {
  return {
    id: event.id,
    at: event.at,
    organization_id: event.organizationId,
    project_id: event.projectId,
    api_key_id: event.apiKeyId,
    user_id: event.userId,
    request_id: event.requestId,
    kind: event.kind,
    model: event.model,
    target: event.target,
    status: event.status,
    input_tokens: event.inputTokens,
    cached_tokens: event.cachedTokens,
    output_tokens: event.outputTokens,
    estimated: event.estimated,
    ttft_us: event.ttftUs,
    itl_us: event.itlUs,
    queue_us: event.queueUs,
    compute_us: event.computeUs,
    duration_us: event.durationUs,
    price_book_id: event.priceBookId,
    amount_pico_usd: String(event.amountPicoUsd),
  };
}
