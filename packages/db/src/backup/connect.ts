import { resolve } from "node:path";
import type { Client } from "pg";
import { connect, embeddedUrl, ensureDatabase } from "../connection.ts";
import { startEmbedded } from "../embedded/server.ts";

export interface WhichDatabase {
  /** The data directory, whose embedded server is used unless there is a `url`. */
  readonly home: string;
  readonly url?: string | undefined;
}

/** Connects without migrating, and leaves a server that runs already running. */
export async function withClient<T>({ home, url }: WhichDatabase, use: (client: Client) => Promise<T>): Promise<T> {
  const server = url === undefined ? await startEmbedded(resolve(home), () => {}) : undefined;
  try {
    if (server) await ensureDatabase(server);
    const client = await connect({ connectionString: server ? embeddedUrl(server) : url });
    try {
      return await use(client);
    } finally {
      await client.end();
    }
  } finally {
    await server?.stop();
  }
}
