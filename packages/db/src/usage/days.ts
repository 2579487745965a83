import type { ClientBase } from "pg";
import type { Db } from "../client.ts";
import type { UsageEvent, UsageHour } from "./event.ts";
import { type HourRow, usageHour } from "./hours.ts";
import type { UsageRange } from "./queries.ts";

/** Notes that the days of these events have to be summed up anew: until then they are read from their hours. */
export async function openDays(client: ClientBase, events: readonly UsageEvent[]): Promise<void> {
  const days = new Map(
    events.map(({ at, organizationId }) => {
      const day = at.toISOString().slice(0, 10);
      return [`${organizationId} ${day}`, { organization_id: organizationId, day: `${day}T00:00:00Z` }];
    }),
  );
  if (days.size === 0) return;
  // In the order of their keys: two processes never wait for each other's rows in a circle.
  await client.query(
    `INSERT INTO usage_day_open (organization_id, day)
     SELECT organization_id, day FROM json_to_recordset($1::json) AS sent(organization_id uuid, day timestamptz) ORDER BY 1, 2
     ON CONFLICT DO NOTHING`,
    [JSON.stringify([...days.values()])],
  );
}

const dayMs = 86_400_000;

/**
 * Sums of a range by the day where daily sums are there, by the hour elsewhere: at the range's ends, of today, and of
 * days that late events have opened again. `hour` is the beginning of the one or the other.
 */
export async function sumsOf(db: Db, organizationId: string, { from, to }: UsageRange): Promise<UsageHour[]> {
  const firstDay = new Date(Math.ceil(from.getTime() / dayMs) * dayMs);
  const endDay = new Date(Math.max(firstDay.getTime(), Math.floor(to.getTime() / dayMs) * dayMs));
  const rows = await db.$queryRaw<HourRow[]>`
    WITH open AS (
      SELECT day FROM usage_day_open
       WHERE organization_id = ${organizationId}::uuid AND day >= ${firstDay} AND day < ${endDay}
    )
    SELECT part::text, organization_id::text, day AS hour, project_id::text, api_key_id::text, user_id::text, kind, model,
           target, requests::text, failed::text, aborted::text, input_tokens::text, cached_tokens::text,
           output_tokens::text, amount_pico_usd::text, ttft, itl, queue, duration
      FROM usage_day
     WHERE organization_id = ${organizationId}::uuid AND day >= ${firstDay} AND day < ${endDay}
       AND day NOT IN (SELECT day FROM open)
    UNION ALL
    SELECT part::text, organization_id::text, hour, project_id::text, api_key_id::text, user_id::text, kind, model,
           target, requests::text, failed::text, aborted::text, input_tokens::text, cached_tokens::text,
           output_tokens::text, amount_pico_usd::text, ttft, itl, queue, duration
      FROM usage_hour
     WHERE organization_id = ${organizationId}::uuid AND hour >= ${from} AND hour < ${to}
       AND (hour < ${firstDay} OR hour >= ${endDay} OR date_trunc('day', hour, 'UTC') IN (SELECT day FROM open))`;
  return rows.map(usageHour);
}
