import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProductFacts } from "./facts.ts";

/** Makes a one-time link as the launcher does: the console knows only the token's digest. */
export function makeSignInLink(facts: ProductFacts, lifeMs = 60_000): string {
  const token = randomBytes(32).toString("base64url");
  const folder = join(facts.home, "sign-in");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const name = `${createHash("sha256").update(token).digest("hex")}.json`;
  const now = Date.now();
  const link = { createdAt: new Date(now).toISOString(), expiresAt: new Date(now + lifeMs).toISOString() };
  writeFileSync(join(folder, name), JSON.stringify(link), { mode: 0o600 });
  return `${facts.consoleUrl}/sign-in?token=${token}`;
}
