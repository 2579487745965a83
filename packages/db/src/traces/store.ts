import type { Pool, PoolClient } from "pg";
import type { KeptTrace, SpanInfo, TraceInfo } from "./trace.ts";

/** What the recording of traces works with, over all organizations. */
export interface TraceStore {
  /** Writes traces with their spans and bodies, all or nothing; those that are there already stay as they are. */
  write(traces: readonly KeptTrace[]): Promise<void>;
  /** Writes spans that applications sent of themselves. */
  writeSpans(organizationId: string, spans: readonly SpanInfo[]): Promise<void>;
  /** Every organization's policy, as it was set: JSON. */
  policies(): Promise<{ readonly organizationId: string; readonly value: unknown }[]>;
  /** Organizations and projects that have traces older than a moment. */
  olderThan(moment: Date): Promise<{ readonly organizationId: string; readonly projectId: string | null }[]>;
  /** Deletes what a project's traces before a moment have left. @returns how many traces */
  removeBefore(organizationId: string, projectId: string | null, moment: Date): Promise<number>;
  /** Deletes the spans that applications sent, and whole days before a moment. @returns the days */
  dropDaysBefore(moment: Date): Promise<string[]>;
}

const traceColumns = `id uuid, at timestamptz, organization_id uuid, project_id uuid, api_key_id uuid, user_id uuid,
  request_id text, trace_hex text, kind text, model text, target text, alias text, status text, http_status int,
  error text, cache text, input_tokens int, cached_tokens int, output_tokens int, ttft_us bigint, queue_us bigint,
  duration_us bigint, amount_pico_usd bigint, preview text`;
const bodyColumns = "trace_id uuid, at timestamptz, organization_id uuid, input text, output text, redacted boolean";
const spanColumns = `organization_id uuid, trace_hex text, span_id text, parent_id text, at timestamptz, at_us int,
  duration_us bigint, name text, service text, failed boolean, attributes jsonb`;
const partitioned = ["trace", "trace_body", "span"] as const;

export function traceStore(pool: Pool): TraceStore {
  const knownDays = new Set<string>();
  const inserted = (client: PoolClient, table: string, columns: string, rows: readonly object[]) => {
    if (rows.length === 0) return;
    const names = columns.replace(/ (uuid|text|int|bigint|boolean|timestamptz|jsonb)(?=,|$)/g, "");
    return client.query(
      `INSERT INTO ${table} (${names}) SELECT ${names} FROM json_to_recordset($1::json) AS sent(${columns})
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(rows)],
    );
  };
  const together = async (days: readonly Date[], run: (client: PoolClient) => Promise<void>) => {
    const client = await pool.connect();
    try {
      for (const day of new Set(days.map((at) => at.toISOString().slice(0, 10)))) {
        if (knownDays.has(day)) continue;
        for (const table of partitioned) await client.query("SELECT ensure_day_partition($1, $2::date)", [table, day]);
        knownDays.add(day);
      }
      await client.query("BEGIN");
      await run(client);
      await client.query("COMMIT");
    } catch (error) {
      await client.query("ROLLBACK").catch(() => {});
      throw error;
    } finally {
      client.release();
    }
  };
  return {
    write: (traces) =>
      together(
        traces.flatMap(({ trace, spans }) => [trace.at, ...spans.map(({ at }) => at)]),
        async (client) => {
          await inserted(
            client,
            "trace",
            traceColumns,
            traces.map(({ trace }) => traceRow(trace)),
          );
          const bodies = traces.flatMap(({ body, trace: { id, at, organizationId } }) =>
            body === undefined ? [] : { trace_id: id, at, organization_id: organizationId, ...storable(body) },
          );
          await inserted(client, "trace_body", bodyColumns, bodies);
          const spans = traces.flatMap((one) => one.spans.map((span) => spanRow(one.trace.organizationId, span)));
          await inserted(client, "span", spanColumns, spans);
        },
      ),

    writeSpans: (organizationId, spans) =>
      together(
        spans.map(({ at }) => at),
        async (client) => {
          await inserted(
            client,
            "span",
            spanColumns,
            spans.map((span) => spanRow(organizationId, span)),
          );
        },
      ),

    async policies() {
      const { rows } = await pool.query<{ organization_id: string; value: unknown }>(
        "SELECT organization_id, value FROM setting WHERE key = 'traces.policy'",
      );
      return rows.map(({ organization_id, value }) => ({ organizationId: organization_id, value }));
    },

    async olderThan(moment) {
      const { rows } = await pool.query<{ organization_id: string; project_id: string | null }>(
        "SELECT DISTINCT organization_id, project_id FROM trace WHERE at < $1",
        [moment],
      );
      return rows.map((row) => ({ organizationId: row.organization_id, projectId: row.project_id }));
    },

    async removeBefore(organizationId, projectId, moment) {
      const { rows } = await pool.query<{ count: string }>(
        `WITH gone AS (
           DELETE FROM trace WHERE organization_id = $1 AND project_id IS NOT DISTINCT FROM $2::uuid AND at < $3
           RETURNING id, at, trace_hex
         ), bodies AS (DELETE FROM trace_body b USING gone WHERE b.trace_id = gone.id AND b.at = gone.at
         ), spans AS (DELETE FROM span s USING gone WHERE s.organization_id = $1 AND s.trace_hex = gone.trace_hex
         ), feedback AS (DELETE FROM trace_feedback f USING gone WHERE f.organization_id = $1 AND f.trace_id = gone.id)
         SELECT count(*)::text AS count FROM gone`,
        [organizationId, projectId, moment],
      );
      return Number(rows[0]?.count ?? 0);
    },

    async dropDaysBefore(moment) {
      const { rows } = await pool.query<{ name: string; parent: string }>(
        `SELECT c.relname AS name, p.relname AS parent FROM pg_inherits i
           JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
          WHERE p.relname = ANY($1) AND p.relnamespace = 'public'::regnamespace`,
        [partitioned],
      );
      const last = moment.toISOString().slice(0, 10).replaceAll("-", "");
      const old = rows.filter(({ name, parent }) => name.slice(parent.length + 1) < last);
      for (const { name } of old) await pool.query(`DROP TABLE IF EXISTS "${name}"`);
      if (old.length > 0) knownDays.clear();
      return [...new Set(old.map(({ name }) => name.slice(-8)))];
    },
  };
}

function traceRow(trace: TraceInfo) {
  return {
    id: trace.id,
    at: trace.at,
    organization_id: trace.organizationId,
    project_id: trace.projectId,
    api_key_id: trace.apiKeyId,
    user_id: trace.userId,
    request_id: trace.requestId,
    trace_hex: trace.traceHex,
    kind: trace.kind,
    model: plain(trace.model),
    target: plain(trace.target),
    alias: trace.alias,
    status: trace.status,
    http_status: trace.httpStatus,
    error: trace.error,
    cache: trace.cache,
    input_tokens: trace.inputTokens,
    cached_tokens: trace.cachedTokens,
    output_tokens: trace.outputTokens,
    ttft_us: trace.ttftUs,
    queue_us: trace.queueUs,
    duration_us: trace.durationUs,
    amount_pico_usd: String(trace.amountPicoUsd),
    preview: trace.preview === null ? null : plain(trace.preview),
  };
}

function spanRow(organizationId: string, span: SpanInfo) {
  return {
    organization_id: organizationId,
    trace_hex: span.traceHex,
    span_id: span.spanId,
    parent_id: span.parentId,
    at: span.at,
    at_us: span.atUs,
    duration_us: span.durationUs,
    name: plain(span.name),
    service: plain(span.service),
    failed: span.failed,
    attributes: JSON.parse(plain(JSON.stringify(span.attributes))),
  };
}

function storable({ input, output, redacted }: KeptTrace["body"] & object) {
  return { input: plain(input), output: plain(output), redacted };
}

/** PostgreSQL keeps no zero byte in a text, as itself or as JSON's escape, and no half of a surrogate pair. */
function plain(text: string): string {
  return text
    .replace(/\p{Cs}/gu, "\ufffd")
    .replaceAll("\0", "\ufffd")
    .replaceAll("\\u0000", "\\ufffd");
}
