import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";

/** The embedded database of a product, as somebody would reach it who changes rows by hand. */
export async function openProductDatabase(home: string): Promise<Client> {
  const client = new Client({
    host: join(home, "postgres"),
    port: 5432,
    user: "tugboat",
    password: readFileSync(join(home, "postgres.password"), "utf8").trim(),
    database: "tugboat",
  });
  await client.connect();
  return client;
}

/** Deletes the usage event of one request. @returns the row, as JSON */
export async function deleteEvent(database: Client, requestId: string): Promise<string> {
  const { rows } = await database.query<{ row: string }>(
    "WITH gone AS (DELETE FROM usage_event WHERE request_id = $1 RETURNING *) SELECT to_jsonb(gone)::text AS row FROM gone",
    [requestId],
  );
  const [found] = rows;
  if (found === undefined || rows.length > 1) throw new Error(`${rows.length} events of ${requestId}`);
  return found.row;
}

export async function putEventBack(database: Client, row: string): Promise<void> {
  await database.query("INSERT INTO usage_event SELECT * FROM jsonb_populate_record(NULL::usage_event, $1::jsonb)", [
    row,
  ]);
}
