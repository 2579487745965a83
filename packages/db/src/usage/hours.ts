import { randomUUID } from "node:crypto";
import type { ClientBase } from "pg";
import type { UsageHour } from "./event.ts";

const columns = `part uuid, organization_id uuid, hour timestamptz, project_id uuid, api_key_id uuid, user_id uuid, kind text,
  model text, target text, requests bigint, failed bigint, aborted bigint, input_tokens bigint, cached_tokens bigint,
  output_tokens bigint, amount_pico_usd numeric`;
const names = columns.replace(/ (uuid|text|bigint|numeric|timestamptz)(?=,|$)/g, "");
const sketches = ["ttft", "itl", "queue", "duration"] as const;

/** Adds sums to their hours, each as a row of its own. */
export function insertHours(client: ClientBase, hours: readonly UsageHour[]): Promise<void> {
  return insertSums(client, "usage_hour", hours);
}

/** Adds sums of whole days; `hour` is the day's beginning. */
export function insertDays(client: ClientBase, days: readonly UsageHour[]): Promise<void> {
  return insertSums(client, "usage_day", days);
}

async function insertSums(
  client: ClientBase,
  table: "usage_hour" | "usage_day",
  hours: readonly UsageHour[],
): Promise<void> {
  if (hours.length === 0) return;
  const rows = hours.map((hour) => ({
    part: randomUUID(),
    organization_id: hour.organizationId,
    hour: hour.hour,
    project_id: hour.projectId,
    api_key_id: hour.apiKeyId,
    user_id: hour.userId,
    kind: hour.kind,
    model: hour.model,
    target: hour.target,
    requests: hour.requests,
    failed: hour.failed,
    aborted: hour.aborted,
    input_tokens: hour.inputTokens,
    cached_tokens: hour.cachedTokens,
    output_tokens: hour.outputTokens,
    amount_pico_usd: String(hour.amountPicoUsd),
    ...Object.fromEntries(sketches.map((name) => [name, Buffer.from(hour[name]).toString("base64")])),
  }));
  await client.query(
    `INSERT INTO ${table} (${table === "usage_day" ? names.replace("hour", "day") : names}, ${sketches.join(", ")})
     SELECT ${names}, ${sketches.map((name) => `decode(${name}, 'base64')`).join(", ")}
       FROM json_to_recordset($1::json) AS sent(${columns}, ${sketches.map((name) => `${name} text`).join(", ")})`,
    [JSON.stringify(rows)],
  );
}

/**
 * Those who add rows to hours hold the lock together; who makes an hour's rows anew holds it alone, so that no row is
 * added between its reading and its writing.
 */
export async function lockHours(client: ClientBase, how: "shared" | "alone"): Promise<void> {
  const lock = how === "shared" ? "pg_advisory_xact_lock_shared" : "pg_advisory_xact_lock";
  await client.query(`SELECT ${lock}(hashtext('usage_hour'))`);
}

/** A row of `usage_hour` as a driver gives it. */
export interface HourRow {
  readonly part: string;
  readonly organization_id: string;
  readonly hour: Date;
  readonly project_id: string | null;
  readonly api_key_id: string | null;
  readonly user_id: string | null;
  readonly kind: string;
  readonly model: string;
  readonly target: string;
  readonly requests: string;
  readonly failed: string;
  readonly aborted: string;
  readonly input_tokens: string;
  readonly cached_tokens: string;
  readonly output_tokens: string;
  readonly amount_pico_usd: string;
  readonly ttft: Uint8Array;
  readonly itl: Uint8Array;
  readonly queue: Uint8Array;
  readonly duration: Uint8Array;
}

/** The columns of an `HourRow`, numbers as text. */
export const hourColumns = `part, organization_id, hour, project_id, api_key_id, user_id, kind, model, target,
  requests::text, failed::text, aborted::text, input_tokens::text, cached_tokens::text, output_tokens::text,
  amount_pico_usd::text, ttft, itl, queue, duration`;

export function usageHour(row: HourRow): UsageHour {
  return {
    organizationId: row.organization_id,
    hour: row.hour,
    projectId: row.project_id,
    apiKeyId: row.api_key_id,
    userId: row.user_id,
    kind: row.kind,
    model: row.model,
    target: row.target,
    requests: Number(row.requests),
    failed: Number(row.failed),
    aborted: Number(row.aborted),
    inputTokens: Number(row.input_tokens),
    cachedTokens: Number(row.cached_tokens),
    outputTokens: Number(row.output_tokens),
    amountPicoUsd: BigInt(row.amount_pico_usd),
    ttft: row.ttft,
    itl: row.itl,
    queue: row.queue,
    duration: row.duration,
  };
}
