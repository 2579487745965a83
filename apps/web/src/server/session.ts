import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { env } from "./env.ts";
import { sessionSecret } from "./files.ts";

export const sessionCookie = "tugboat_session";

const payload = z.object({
  email: z.string(),
  issuedAt: z.number(),
  expiresAt: z.number(),
});

export type Session = z.infer<typeof payload>;

/** `payload.signature`, both base64url: HMAC-SHA-256 over the encoded payload. */
export function sealSession(session: Session, secret: Buffer): string {
  const body = Buffer.from(JSON.stringify(session)).toString("base64url");
  return `${body}.${signature(body, secret)}`;
}

/** The session a cookie holds, or undefined when it is forged, damaged or over at `now` (ms since the epoch). */
export function openSession(cookie: string | undefined, secret: Buffer, now: number): Session | undefined {
  if (!cookie) return undefined;
  const [body, given, ...rest] = cookie.split(".");
  if (!body || !given || rest.length > 0) return undefined;
  const expected = Buffer.from(signature(body, secret));
  const actual = Buffer.from(given);
  if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) return undefined;
  try {
    const session = payload.parse(JSON.parse(Buffer.from(body, "base64url").toString("utf8")));
    return session.expiresAt > now ? session : undefined;
  } catch {
    return undefined;
  }
}

export async function readSession(cookie: string | undefined): Promise<Session | undefined> {
  return openSession(cookie, await sessionSecret(), Date.now());
}

export interface CookieToSet {
  readonly name: string;
  readonly value: string;
  readonly httpOnly: true;
  readonly sameSite: "strict";
  readonly secure: boolean;
  readonly path: "/";
  readonly maxAge: number;
}

/** A fresh session as a cookie. `secure` says whether the browser came by https. */
export async function startSession(email: string, secure: boolean): Promise<CookieToSet> {
  const issuedAt = Date.now();
  const { sessionMs } = env();
  const value = sealSession({ email, issuedAt, expiresAt: issuedAt + sessionMs }, await sessionSecret());
  return cookie(value, Math.floor(sessionMs / 1000), secure);
}

export function endSession(secure: boolean): CookieToSet {
  return cookie("", 0, secure);
}

function cookie(value: string, maxAge: number, secure: boolean): CookieToSet {
  return { name: sessionCookie, value, httpOnly: true, sameSite: "strict", secure, path: "/", maxAge };
}

function signature(body: string, secret: Buffer): string {
  return createHmac("sha256", secret).update(body).digest("base64url");
}
