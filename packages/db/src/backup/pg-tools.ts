import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { promisify } from "node:util";
import type { Client } from "pg";
import { DatabaseError } from "../errors.ts";

export type PostgresTool = "pg_dump" | "pg_restore" | "psql";

/** Of what a failed program said, this much is told. */
const saidLimit = 600;

/** The major version of one of PostgreSQL's own programs, or undefined where it is not installed. */
export async function toolVersion(tool: PostgresTool): Promise<number | undefined> {
  try {
    const { stdout } = await promisify(execFile)(tool, ["--version"]);
    const [, major] = /\s(\d+)(?:\.|\s|$)/.exec(stdout) ?? [];
    return major === undefined ? undefined : Number(major);
  } catch {
    return undefined;
  }
}

/** The major version of the server. */
export async function serverVersion(client: Client): Promise<number> {
  const { rows } = await client.query<{ version: number }>(
    "SELECT current_setting('server_version_num')::int4 / 10000 AS version",
  );
  return rows[0]?.version ?? 0;
}

/** Where the programs find what `client` is connected to. Not in arguments: every account of the machine sees those. */
export function toolEnvironment(client: Client): NodeJS.ProcessEnv {
  const { database, host, password, port, ssl, user } = client;
  return {
    ...process.env,
    PGHOST: host,
    PGPORT: String(port),
    PGCLIENTENCODING: "UTF8",
    ...(user !== undefined && { PGUSER: user }),
    ...(typeof password === "string" && { PGPASSWORD: password }),
    ...(database !== undefined && { PGDATABASE: database }),
    ...(ssl && { PGSSLMODE: "require" }),
  };
}

export interface RunningTool {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Rejects with what the program said when it ends with anything but 0. */
  readonly ended: Promise<void>;
}

/** Starts one of PostgreSQL's programs. */
export function startTool(tool: PostgresTool, args: readonly string[], env: NodeJS.ProcessEnv): RunningTool {
  const child = spawn(tool, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(0, saidLimit);
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", (cause) => reject(failed(tool, cause.message, cause)));
    child.once("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(failed(tool, said.trim() || `it ended with ${signal ?? code}`));
    });
  });
  // Whoever waits for it may come to that later.
  ended.catch(() => {});
  // A program that ends early says why by its end.
  child.stdin.on("error", () => {});
  return { child, ended };
}

function failed(tool: PostgresTool, why: string, cause?: unknown): DatabaseError {
  return new DatabaseError("bad-backup", `${tool} failed: ${why}`, { hint: "Nothing was changed.", cause });
}
