import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** What signs session cookies: kept in the data directory, so that a restart signs nobody out. Made when missing. */
export function accountSecret(home: string): Promise<string> {
  return keptSecret(join(home, "account-secret"), "everybody then signs in again");
}

/**
 * What the console proves itself with when it says from where a browser came: who can read the data directory is part of
 * this installation. The console reads the same file.
 */
export function consoleSecret(home: string): Promise<string> {
  return keptSecret(join(home, "console-secret"), "it is made anew when the service starts");
}

/** What edges and engines in different processes know of each other. Those that share no data directory are given one. */
export function engineSecret(home: string): Promise<string> {
  return keptSecret(
    join(home, "engine-secret"),
    "engines and edges then find each other again once all were restarted",
  );
}

async function keptSecret(path: string, afterwards: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  try {
    // `wx` decides between two processes that start together: one writes, the other reads what was written.
    await writeFile(path, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" });
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause;
  }
  const secret = (await readFile(path, "utf8")).trim();
  if (secret.length >= 32) return secret;
  throw new Error(`The secret ${path} is damaged. Delete it; ${afterwards}.`);
}
