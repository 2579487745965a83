import { randomBytes } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { env } from "./env.ts";

const firstRunFile = z.object({
  email: z.string().min(1).optional(),
  password: z.string().min(1).optional(),
  apiKey: z.string().min(1).optional(),
});

export type FirstRun = z.infer<typeof firstRunFile>;

let cached: { path: string; mtimeMs: number; facts: FirstRun } | undefined;

/** Facts that the launcher left for this installation; empty when there are none. Re-read when the file changes. */
export function firstRun(): FirstRun {
  const path = join(env().home, "first-run.json");
  try {
    const { mtimeMs } = statSync(path);
    if (cached?.path !== path || cached.mtimeMs !== mtimeMs) {
      cached = { path, mtimeMs, facts: firstRunFile.parse(JSON.parse(readFileSync(path, "utf8"))) };
    }
    return cached.facts;
  } catch {
    return {};
  }
}

let secret: { path: string; bytes: Buffer } | undefined;

/** 32 bytes that sign sessions, kept in the data directory so that a restart signs nobody out. Made when missing. */
export async function sessionSecret(): Promise<Buffer> {
  const path = join(env().home, "session-secret");
  if (secret?.path === path) return secret.bytes;
  await mkdir(dirname(path), { recursive: true });
  try {
    // `wx` decides a race between two starting processes: one writes, the other reads what was written.
    writeFileSync(path, randomBytes(32).toString("hex"), { mode: 0o600, flag: "wx" });
  } catch (cause) {
    if (!isCode(cause, "EEXIST")) throw new Error(`The session secret ${path} can't be written.`, { cause });
  }
  const bytes = Buffer.from(readFileSync(path, "utf8").trim(), "hex");
  if (bytes.length < 32) {
    throw new Error(`The session secret ${path} is damaged. Delete it; everybody then signs in again.`);
  }
  secret = { path, bytes };
  return bytes;
}

export function isCode(cause: unknown, code: string): boolean {
  return cause instanceof Error && "code" in cause && cause.code === code;
}
