import type { Database } from "@tugboat/db";
import { betterAuth } from "better-auth";
import { prismaAdapter } from "better-auth/adapters/prisma";
import { resetLetter } from "../mail/letters.ts";
import type { Mailer } from "../mail/mailer.ts";
import { accountRecords } from "./account-records.ts";
import { addressHeader } from "./address.ts";
import { invitations } from "./invitations.ts";
import { type OidcSettings, oidcGate, oidcMembership, oidcProvider, oidcSignIn } from "./oidc.ts";
import { passwordLength } from "./passwords.ts";
import { recordForPerson, unknownActor } from "./records.ts";
import { signInLinks } from "./sign-in-link.ts";
import { oncePerCode, twoStepSignIn } from "./two-factor.ts";
import { waysIn } from "./ways-in.ts";

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
  /** Absent where no mail server is set: then a forgotten password is reset by a printed link. */
  readonly mailer?: Mailer | undefined;
  /** Absent where people sign in with passwords alone. */
  readonly oidc?: OidcSettings | undefined;
  readonly onWarning?: (message: string) => void;
}

/** Accounts, passwords and sessions. Who belongs to which organization is not its business. */
export function createAuth({ consoleUrl, database, home, mailer, oidc, secret, onWarning }: AuthOptions) {
  const addressOf = (request: Request | undefined) => request?.headers.get(addressHeader) ?? undefined;
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
      ...(mailer && {
        sendResetPassword: async ({ user, token }: { user: { id: string; email: string }; token: string }, request) => {
          const act = { action: "users.ask-reset", address: addressOf(request) };
          await recordForPerson(database, { userId: user.id, email: user.email }, act, unknownActor);
          const letter = resetLetter(
            user.email,
            `${consoleUrl}/reset-password?token=${token}`,
            resetLinkSeconds / 3600,
          );
          // Not waited for, and a failure not told: an answer must not show whether the address has an account.
          mailer.send(letter).catch((error: Error) => onWarning?.(error.message));
        },
      }),
      onPasswordReset: async ({ user }, request) => {
        const act = { action: "users.password-reset", address: addressOf(request) };
        await recordForPerson(database, { userId: user.id, email: user.email }, act);
      },
    },
    ...(oidc && { user: { validateUserInfo: oidcGate(database, oidc) } }),
    account: { accountLinking: { enabled: true, trustedProviders: [oidcProvider] } },
    // Where somebody ends whose way back from the other provider can't be told from its state.
    onAPIError: { errorURL: `${consoleUrl}/sign-in` },
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
        "/sign-in/social": { window: 60, max: 30 },
        "/two-factor/*": { window: 60, max: 10 },
        "/request-password-reset": { window: 60, max: 5 },
        // Nobody guesses 192 random bits; this only keeps the disk calm.
        "/sign-in/link": { window: 60, max: 120 },
        "/reset-password": { window: 60, max: 10 },
        "/accept-invitation": { window: 60, max: 10 },
        "/change-password": { window: 60, max: 10 },
      },
    },
    plugins: [
      signInLinks(home, database),
      invitations(database),
      waysIn({ mailer, oidc }),
      twoStepSignIn(),
      oncePerCode(),
      ...(oidc ? [oidcSignIn(oidc), oidcMembership(database, oidc)] : []),
      accountRecords(database),
    ],
    advanced: {
      // The edge asks for a header that another site's page can't send; see `edge/session.ts`.
      disableCSRFCheck: true,
      // The console adds `Secure` for a browser that came by https.
      useSecureCookies: false,
      cookiePrefix: "tugboat",
      cookies: { session_token: { name: sessionCookie, attributes: { sameSite: "strict" } } },
      ipAddress: { ipAddressHeaders: [addressHeader] },
      database: { generateId: "uuid" },
    },
    logger: { level: "error" },
    telemetry: { enabled: false },
  });
}

export type Auth = ReturnType<typeof createAuth>;
