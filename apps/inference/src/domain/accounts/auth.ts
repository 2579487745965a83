import type { Database } from "@tugboat/db";
import { betterAuth } from "better-auth";
import { prismaAdapter } from "better-auth/adapters/prisma";
import { addressHeader } from "./address.ts";
import { invitations } from "./invitations.ts";
import { passwordLength } from "./passwords.ts";
import { signInLinks } from "./sign-in-link.ts";

export const sessionCookie = "tugboat_session";

const day = 86_400;
/** Seconds for which a link that resets a password works. */
export const resetLinkSeconds = day;

export interface AuthOptions {
  readonly database: Database;
  /** The data directory, where the launcher leaves one-time links. */
  readonly home: string;
  readonly secret: string;
  /** Where people sign in. */
  readonly consoleUrl: string;
}

/** Accounts, passwords and sessions. Who belongs to which organization is not its business. */
export function createAuth({ consoleUrl, database, home, secret }: AuthOptions) {
  return betterAuth({
    appName: "Tugboat",
    baseURL: consoleUrl,
    basePath: "/api/auth",
    secret,
    database: prismaAdapter(database.accounts, { provider: "postgresql" }),
    emailAndPassword: {
      enabled: true,
      // An account begins with the installation or with an invitation.
      disableSignUp: true,
      minPasswordLength: passwordLength.min,
      maxPasswordLength: passwordLength.max,
      revokeSessionsOnPasswordReset: true,
      resetPasswordTokenExpiresIn: resetLinkSeconds,
    },
    session: {
      expiresIn: 7 * day,
      disableSessionRefresh: true,
      additionalFields: { activeOrganizationId: { type: "string", required: false, input: false } },
    },
    rateLimit: {
      enabled: true,
      storage: "memory",
      window: 60,
      max: 300,
      customRules: {
        "/sign-in/email": { window: 60, max: 10 },
        // Nobody guesses 192 random bits; this only keeps the disk calm.
        "/sign-in/link": { window: 60, max: 120 },
        "/reset-password": { window: 60, max: 10 },
        "/accept-invitation": { window: 60, max: 10 },
        "/change-password": { window: 60, max: 10 },
      },
    },
    plugins: [signInLinks(home, database), invitations(database)],
    advanced: {
      // The edge asks for a header that another site's page can't send; see `edge/session.ts`.
      disableCSRFCheck: true,
      // The console adds `Secure` for a browser that came by https.
      useSecureCookies: false,
      cookies: { session_token: { name: sessionCookie, attributes: { sameSite: "strict" } } },
      ipAddress: { ipAddressHeaders: [addressHeader] },
      database: { generateId: "uuid" },
    },
    logger: { level: "error" },
    telemetry: { enabled: false },
  });
}

export type Auth = ReturnType<typeof createAuth>;
