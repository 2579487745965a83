import { createHash, timingSafeEqual } from "node:crypto";
import { readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { env } from "./env.ts";
import { firstRun, isCode } from "./files.ts";

const link = z.object({ expiresAt: z.iso.datetime({ offset: true }), email: z.string().min(1).optional() });

/** Why a sign-in failed, or whose it is. */
export type SignIn = { readonly email: string } | { readonly problem: "link" | "expired" | "credentials" | "too-many" };

/** The address of a session whose owner is not named: an installation before its first account. */
const owner = "owner@localhost";

/**
 * Uses up a one-time link. The launcher leaves `sign-in/<sha256 of the token>.json` in the data directory; whoever
 * unlinks that file has used the link, so two requests with one token can't both succeed, in any number of processes.
 */
export async function spendSignInLink(token: string, now = Date.now()): Promise<SignIn> {
  const path = join(env().home, "sign-in", `${createHash("sha256").update(token).digest("hex")}.json`);
  try {
    const found = link.parse(JSON.parse(await readFile(path, "utf8")));
    await unlink(path);
    if (Date.parse(found.expiresAt) <= now) return { problem: "expired" };
    return { email: found.email ?? firstRun().email ?? owner };
  } catch (cause) {
    if (isCode(cause, "ENOENT") || cause instanceof z.ZodError || cause instanceof SyntaxError)
      return { problem: "link" };
    throw cause;
  }
}

const attempts: number[] = [];
const attemptsPerMinute = 10;

/** Checks the credentials of the first account. Ten wrong ones a minute are answered, then none for a while. */
export function checkCredentials(email: string, password: string, now = Date.now()): SignIn {
  while (attempts[0] !== undefined && attempts[0] < now - 60_000) attempts.shift();
  if (attempts.length >= attemptsPerMinute) return { problem: "too-many" };
  const facts = firstRun();
  const right =
    facts.email !== undefined &&
    facts.password !== undefined &&
    // Both comparisons always run, so that the time taken does not tell which one failed.
    [same(email.trim().toLowerCase(), facts.email.toLowerCase()), same(password, facts.password)].every(Boolean);
  if (right && facts.email !== undefined) return { email: facts.email };
  attempts.push(now);
  return { problem: "credentials" };
}

function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
