import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { home } from "./paths.mjs";

const LIFE_MS = 24 * 3_600_000;

/**
 * Leaves a one-time link for the console to honour: a file named by the token's hash, so that reading the folder gives
 * nobody a way in.
 *
 * @param {string} consoleUrl
 * @param {string | undefined} email whose session it begins
 */
export function signInLink(consoleUrl, email) {
  const folder = join(home, "sign-in");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  forgetExpired(folder);
  const token = randomBytes(24).toString("base64url");
  const name = createHash("sha256").update(token).digest("hex");
  const facts = { expiresAt: new Date(Date.now() + LIFE_MS).toISOString(), ...(email === undefined ? {} : { email }) };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(facts), { mode: 0o600 });
  return `${consoleUrl}/sign-in?token=${token}`;
}

/** @param {string} folder */
function forgetExpired(folder) {
  for (const name of readdirSync(folder)) {
    try {
      const { expiresAt } = JSON.parse(readFileSync(join(folder, name), "utf8"));
      if (Date.parse(expiresAt) > Date.now()) continue;
    } catch {
      // What can't be read is no link.
    }
    rmSync(join(folder, name), { force: true });
  }
}
