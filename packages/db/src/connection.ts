import { Client, type PoolConfig } from "pg";
import type { EmbeddedServer } from "./embedded/server.ts";
import { DatabaseError, messageOf } from "./errors.ts";
import type { ServerConnection } from "./migrations/schema-engine.ts";

export const DATABASE_NAME = "tugboat";

/** A connection string for an embedded server's Unix socket; `psql`, `pg_dump` and `pg` understand it. */
export function embeddedUrl(server: EmbeddedServer, database = DATABASE_NAME): string {
  const host = encodeURIComponent(server.socketDir);
  return `postgresql://${server.user}:${encodeURIComponent(server.password)}@localhost/${database}?host=${host}&port=${server.port}`;
}

/** The same in parts. */
export function serverConnection(server: EmbeddedServer, database = DATABASE_NAME): ServerConnection {
  return { host: server.socketDir, port: server.port, user: server.user, password: server.password, database };
}

/** Makes Tugboat's database on the embedded server unless it is there. */
export async function ensureDatabase(server: EmbeddedServer): Promise<void> {
  const client = await connect({ connectionString: embeddedUrl(server, "postgres") });
  try {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [DATABASE_NAME]);
    if (rowCount === 0) await client.query(`CREATE DATABASE "${DATABASE_NAME}"`);
  } catch (error) {
    // 42P04: another process of the same home was faster.
    if (!(error instanceof Error && "code" in error && error.code === "42P04")) throw error;
  } finally {
    await client.end();
  }
}

/** @throws DatabaseError `unreachable`, without the password in its text */
export async function connect(config: PoolConfig): Promise<Client> {
  const client = new Client({ connectionTimeoutMillis: 10_000, ...config });
  // A server that goes away while nothing is asked of it must not end the process; the next query reports it.
  client.on("error", () => {});
  try {
    await client.connect();
    return client;
  } catch (cause) {
    throw new DatabaseError("unreachable", `The database does not answer: ${messageOf(cause)}.`, {
      hint: "Check that the server runs and that DATABASE_URL has the right host, port, user, password and database.",
      cause,
    });
  }
}
