import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "@tugboat/db";
import { z } from "zod";

const schema = z.object({
  consoleUrl: z.string(),
  apiUrl: z.string(),
  email: z.string(),
  password: z.string(),
  apiKey: z.string(),
  orgId: z.string(),
});

/** What scripts need to use a fresh installation; kept in `<home>/first-run.json`, readable by its owner alone. */
export type FirstRun = Readonly<z.output<typeof schema>>;

export interface FirstRunOptions {
  readonly home: string;
  readonly apiUrl: string;
  readonly consoleUrl: string;
  readonly database: Database;
}

export function firstRunPath(home: string): string {
  return join(home, "first-run.json");
}

/** @returns undefined when there is none, or it is not readable as one */
export async function readFirstRun(home: string): Promise<FirstRun | undefined> {
  const text = await readFile(firstRunPath(home), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * Makes the first API key and writes down how to reach this installation. Later starts keep the key and the account and
 * only renew the addresses; a key that the database doesn't know any more is replaced.
 */
export async function firstRun({ home, apiUrl, consoleUrl, database }: FirstRunOptions): Promise<FirstRun> {
  const known = await readFirstRun(home);
  const orgId = database.home.organizationId;
  const valid = known?.orgId === orgId && (await isValid(known.apiKey, database));
  const facts: FirstRun = {
    consoleUrl,
    apiUrl,
    email: known?.email ?? "owner@tugboat.local",
    password: known?.password ?? randomBytes(12).toString("base64url"),
    apiKey: valid ? known.apiKey : await createFirstKey(database),
    orgId,
  };
  if (JSON.stringify(facts) !== JSON.stringify(known)) await writePrivate(home, facts);
  return facts;
}

async function isValid(apiKey: string, database: Database): Promise<boolean> {
  return (await database.keys.verify(createHash("sha256").update(apiKey).digest())) !== null;
}

async function createFirstKey(database: Database): Promise<string> {
  const { organizationId, projectId } = database.home;
  const { secret } = await database.organization(organizationId).keys.create({ projectId, name: "First key" });
  return secret;
}

async function writePrivate(home: string, facts: FirstRun): Promise<void> {
  await mkdir(home, { recursive: true });
  const path = firstRunPath(home);
  const partial = `${path}.${process.pid}.partial`;
  await writeFile(partial, `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600 });
  await rename(partial, path);
}
