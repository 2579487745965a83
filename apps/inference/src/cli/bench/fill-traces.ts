import type { Database } from "@tugboat/db";
import { Client } from "pg";

export interface TraceFill {
  readonly count: number;
  readonly keys: readonly string[];
  readonly words: readonly string[];
  /** The traces lie in it evenly. */
  readonly span: { readonly from: Date; readonly to: Date };
}

const dayMs = 86_400_000;

/** Traces with six steps and a text each, written by the database itself, a day at a time: faster than they come. */
export async function fillTraces(database: Database, { count, keys, span, words }: TraceFill): Promise<void> {
  if (count <= 0) return;
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query(
      "CREATE TEMPORARY TABLE made (n bigint, id uuid, at timestamptz, hex text, text text) ON COMMIT DELETE ROWS",
    );
    const days = Math.ceil((span.to.getTime() - span.from.getTime()) / dayMs);
    for (let day = 0; day < days; day++) {
      const first = Math.floor((day * count) / days);
      const last = Math.floor(((day + 1) * count) / days) - 1;
      await client.query("BEGIN");
      await client.query(
        `INSERT INTO made SELECT n, id, at, replace(id::text, '-', ''),
                ($5::text[])[1 + n % $6] || ' ' || ($5::text[])[1 + n * 7 % $6] || ' number ' || n || CASE WHEN n % 9973 = 0 THEN ' needle' ELSE '' END
           FROM (SELECT n, at, uuidv7(at - clock_timestamp()) AS id
                   FROM (SELECT n, date_trunc('milliseconds', $1::timestamptz + ($2::timestamptz - $1) * (n::float8 / $7)) AS at
                           FROM generate_series($3::bigint, $4::bigint) AS n) AS moments) AS ids`,
        [span.from, span.to, first, last, words, words.length, count],
      );
      await client.query(
        `SELECT ensure_day_partition(name, day) FROM (SELECT DISTINCT (at AT TIME ZONE 'UTC')::date AS day FROM made) AS days,
                unnest(ARRAY['trace', 'trace_body', 'span']) AS name`,
      );
      await client.query(
        `INSERT INTO trace (id, at, organization_id, api_key_id, request_id, trace_hex, kind, model, target, status, http_status,
             cache, input_tokens, cached_tokens, output_tokens, ttft_us, queue_us, duration_us, amount_pico_usd, preview)
         SELECT id, at, $1::uuid, ($2::uuid[])[1 + n % $3], 'req_' || hex, hex, 'chat', 'model-' || n % 5, 'model-' || n % 5,
                CASE WHEN n % 97 = 0 THEN 'error' ELSE 'done' END, CASE WHEN n % 97 = 0 THEN 500 ELSE 200 END,
                'miss', 800, 0, 200, 40000, 1000, 100000 + n * 7919 % 5000 * 1000, 120000000, text FROM made`,
        [database.home.organizationId, keys, keys.length],
      );
      await client.query(
        `INSERT INTO trace_body (trace_id, at, organization_id, input, output, redacted)
         SELECT id, at, $1::uuid, jsonb_build_object('messages', jsonb_build_array(jsonb_build_object('role', 'user', 'content', text)))::text,
                jsonb_build_array(jsonb_build_object('content', text))::text, true FROM made`,
        [database.home.organizationId],
      );
      await client.query(
        `INSERT INTO span (organization_id, trace_hex, span_id, parent_id, at, at_us, duration_us, name, service, failed, attributes)
         SELECT $1::uuid, hex, lpad((i - 1)::text, 16, '0'), CASE WHEN i = 1 THEN NULL ELSE repeat('0', 16) END, at, i - 1, 1000,
                (ARRAY['chat', 'key', 'route', 'queue', 'prefill', 'decode'])[i], 'tugboat', false,
                '{"gen_ai.request.model": "model", "gen_ai.usage.output_tokens": 200}' FROM made, generate_series(1, 6) AS i`,
        [database.home.organizationId],
      );
      await client.query("COMMIT");
    }
    for (const table of ["trace", "trace_body"]) await client.query(`ANALYZE ${table}`);
  } finally {
    await client.end();
  }
}
