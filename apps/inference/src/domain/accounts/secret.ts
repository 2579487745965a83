import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What signs session cookies: kept in the data directory, so that a restart signs nobody out. Made when missing. */
export async function accountSecret(home: string): Promise<string> {
  const path = join(home, "account-secret");
  await mkdir(home, { recursive: true });
  try {
    // `wx` decides between two processes that start together: one writes, the other reads what was written.
    await writeFile(path, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" });
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause;
  }
  const secret = (await readFile(path, "utf8")).trim();
  if (secret.length >= 32) return secret;
  throw new Error(`The secret ${path} is damaged. Delete it; everybody then signs in again.`);
}
