import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "pg";
import { z } from "zod";
import { serverVersion, startTool, toolEnvironment, toolVersion } from "./pg-tools.ts";

const snapshot = z.tuple([z.object({ id: z.string() })]);

/** Whether there is a `pg_dump` here that can read the server: of its version, or newer. */
export async function canDump(client: Client): Promise<boolean> {
  const tool = await toolVersion("pg_dump");
  return tool !== undefined && tool >= (await serverVersion(client));
}

/**
 * Writes what the transaction of `client` sees, in the format of `pg_dump -Fc`. The queue's own tables are left out.
 *
 * @throws DatabaseError `bad-backup` with what `pg_dump` said
 */
export async function dump(client: Client, target: Writable): Promise<void> {
  const [{ id }] = snapshot.parse((await client.query("SELECT pg_export_snapshot() AS id")).rows);
  const args = ["--format=custom", "--no-owner", "--no-privileges", "--exclude-schema=bullmq", `--snapshot=${id}`];
  const { child, ended } = startTool("pg_dump", args, toolEnvironment(client));
  child.stdin.end();
  await Promise.all([pipeline(child.stdout, target), ended]);
}
