import type { Db } from "../client.ts";
import type { UsageRange } from "./queries.ts";

/** An hour in which not everything agrees. */
export interface ReconciliationDifference {
  readonly hour: Date;
  readonly requests: number;
  readonly events: number;
  readonly rollups: number;
  /** Events less rollups. */
  readonly tokens: number;
  readonly amountPicoUsd: bigint;
}

/** A day (UTC) whose daily sums are not what its hours come to. */
export interface DayDifference {
  readonly day: Date;
  /** Requests by the hours, and by the daily sums. */
  readonly hours: number;
  readonly days: number;
  /** Hours less days. */
  readonly tokens: number;
  readonly amountPicoUsd: bigint;
}

/** What one of the records holds over the whole range. */
export interface RecordedSums {
  readonly tokens: number;
  readonly amountPicoUsd: bigint;
}

export interface Reconciliation {
  readonly requests: number;
  readonly events: number;
  readonly rollups: number;
  readonly ofEvents: RecordedSums;
  readonly ofRollups: RecordedSums;
  readonly differences: readonly ReconciliationDifference[];
  /** How many days have daily sums, and those that do not agree with their hours. */
  readonly days: number;
  readonly dayDifferences: readonly DayDifference[];
}

/** Compares finished requests, events and sums by the hour, and sums by the hour with those by the day. */
export async function reconcile(db: Db, organizationId: string, range: UsageRange): Promise<Reconciliation> {
  const rows = await hourRows(db, organizationId, range);
  const hours = rows.map((row) => ({
    hour: row.hour,
    requests: Number(row.requests),
    events: Number(row.events),
    rollups: Number(row.rollups),
    tokens: Number(row.event_tokens) - Number(row.sum_tokens),
    amountPicoUsd: BigInt(row.event_amount) - BigInt(row.sum_amount),
  }));
  const total = (of: (row: HourRow) => string) => rows.reduce((sum, row) => sum + Number(of(row)), 0);
  const amount = (of: (row: HourRow) => string) => rows.reduce((sum, row) => sum + BigInt(of(row)), 0n);
  const days = await dayRows(db, organizationId, range);
  return {
    requests: total(({ requests }) => requests),
    events: total(({ events }) => events),
    rollups: total(({ rollups }) => rollups),
    ofEvents: { tokens: total((row) => row.event_tokens), amountPicoUsd: amount((row) => row.event_amount) },
    ofRollups: { tokens: total((row) => row.sum_tokens), amountPicoUsd: amount((row) => row.sum_amount) },
    differences: hours.filter(
      ({ requests, events, rollups, tokens, amountPicoUsd }) =>
        requests !== events || events !== rollups || tokens !== 0 || amountPicoUsd !== 0n,
    ),
    days: days.length,
    dayDifferences: days.filter(
      ({ amountPicoUsd, days: daily, hours: hourly, tokens }) =>
        hourly !== daily || tokens !== 0 || amountPicoUsd !== 0n,
    ),
  };
}

function hourRows(db: Db, organizationId: string, { from, to }: UsageRange): Promise<HourRow[]> {
  return db.$queryRaw<HourRow[]>`
    WITH events AS (
      SELECT date_trunc('hour', at, 'UTC') AS hour, count(*) AS events,
             sum(input_tokens::bigint + output_tokens) AS tokens, sum(amount_pico_usd) AS amount
        FROM usage_event WHERE organization_id = ${organizationId}::uuid AND at >= ${from} AND at < ${to} GROUP BY 1
    ), sums AS (
      SELECT hour, sum(requests) AS rollups, sum(input_tokens + output_tokens) AS tokens, sum(amount_pico_usd) AS amount
        FROM usage_hour WHERE organization_id = ${organizationId}::uuid AND hour >= ${from} AND hour < ${to} GROUP BY 1
    ), tallies AS (
      SELECT hour, requests FROM request_tally
       WHERE organization_id = ${organizationId}::uuid AND hour >= ${from} AND hour < ${to}
    )
    SELECT hour, coalesce(requests, 0)::text AS requests, coalesce(events, 0)::text AS events,
           coalesce(rollups, 0)::text AS rollups, coalesce(events.tokens, 0)::text AS event_tokens,
           coalesce(sums.tokens, 0)::text AS sum_tokens, coalesce(events.amount, 0)::text AS event_amount,
           coalesce(sums.amount, 0)::text AS sum_amount
      FROM events FULL JOIN sums USING (hour) FULL JOIN tallies USING (hour) ORDER BY hour`;
}

const dayMs = 86_400_000;

/** Of the whole days within the range that have daily sums. */
async function dayRows(db: Db, organizationId: string, { from, to }: UsageRange): Promise<DayDifference[]> {
  const firstDay = new Date(Math.ceil(from.getTime() / dayMs) * dayMs);
  const endDay = new Date(Math.max(firstDay.getTime(), Math.floor(to.getTime() / dayMs) * dayMs));
  const rows = await db.$queryRaw<DayRow[]>`
    WITH days AS (
      SELECT day, sum(requests) AS requests, sum(input_tokens + output_tokens) AS tokens, sum(amount_pico_usd) AS amount
        FROM usage_day WHERE organization_id = ${organizationId}::uuid AND day >= ${firstDay} AND day < ${endDay} GROUP BY 1
    ), hours AS (
      SELECT date_trunc('day', hour, 'UTC') AS day, sum(requests) AS requests,
             sum(input_tokens + output_tokens) AS tokens, sum(amount_pico_usd) AS amount
        FROM usage_hour WHERE organization_id = ${organizationId}::uuid AND hour >= ${firstDay} AND hour < ${endDay} GROUP BY 1
    )
    SELECT day, coalesce(hours.requests, 0)::text AS hours, coalesce(days.requests, 0)::text AS days,
           (coalesce(hours.tokens, 0) - coalesce(days.tokens, 0))::text AS tokens,
           (coalesce(hours.amount, 0) - coalesce(days.amount, 0))::text AS amount
      FROM days FULL JOIN hours USING (day)
     WHERE NOT EXISTS (SELECT 1 FROM usage_day_open o WHERE o.organization_id = ${organizationId}::uuid AND o.day = coalesce(days.day, hours.day))
     ORDER BY day`;
  return rows.map((row) => ({
    day: row.day,
    hours: Number(row.hours),
    days: Number(row.days),
    tokens: Number(row.tokens),
    amountPicoUsd: BigInt(row.amount),
  }));
}

interface HourRow {
  readonly hour: Date;
  readonly requests: string;
  readonly events: string;
  readonly rollups: string;
  readonly event_tokens: string;
  readonly sum_tokens: string;
  readonly event_amount: string;
  readonly sum_amount: string;
}

interface DayRow {
  readonly day: Date;
  readonly hours: string;
  readonly days: string;
  readonly tokens: string;
  readonly amount: string;
}
