import type { BetterAuthPlugin, GenericEndpointContext } from "better-auth";
import { APIError, createAuthMiddleware } from "better-auth/api";
import { twoFactor } from "better-auth/plugins";

const minute = 60;

/**
 * Codes of an authenticator app (RFC 6238: SHA-1, 6 digits, 30 s, one step of tolerance) and backup codes. Ten wrong
 * ones in a row lock the second step for a quarter of an hour.
 */
export function twoStepSignIn() {
  return twoFactor({
    issuer: "Tugboat",
    totpOptions: { digits: 6, period: 30 },
    backupCodeOptions: { amount: 10, length: 10, storeBackupCodes: "encrypted" },
    twoFactorCookieMaxAge: 10 * minute,
    accountLockout: { enabled: true, maxFailedAttempts: 10, durationSeconds: 15 * minute },
  });
}

/** Who gave the right password and owes a code; undefined when the attempt is unknown or out of date. */
export async function halfSignedIn(ctx: GenericEndpointContext) {
  const cookie = ctx.context.createAuthCookie("two_factor");
  const attempt = await ctx.getSignedCookie(cookie.name, ctx.context.secret);
  const found = attempt ? await ctx.context.internalAdapter.findVerificationValue(attempt) : null;
  return found ? ((await ctx.context.internalAdapter.findUserById(found.value)) ?? undefined) : undefined;
}

/** A code works once (RFC 6238, section 5.2), also within the minute and a half in which it is right. */
export function oncePerCode() {
  const lifeMs = 1.5 * minute * 1000;
  const nameOf = (userId: string, code: unknown) => `totp-used:${userId}:${String(code)}`;
  const matcher = ({ path }: { path?: string | undefined }) => path === "/two-factor/verify-totp";
  return {
    id: "tugboat-once-per-code",
    hooks: {
      before: [
        {
          matcher,
          handler: createAuthMiddleware(async (ctx) => {
            const user = await halfSignedIn(ctx);
            if (!user) return;
            const used = await ctx.context.internalAdapter.findVerificationValue(nameOf(user.id, ctx.body?.code));
            if (!used || used.expiresAt <= new Date()) return;
            throw new APIError("UNAUTHORIZED", { code: "CODE_USED", message: "This code was used already." });
          }),
        },
      ],
      after: [
        {
          matcher,
          handler: createAuthMiddleware(async (ctx) => {
            const user = ctx.context.newSession?.user;
            if (!user) return;
            await ctx.context.internalAdapter.createVerificationValue({
              identifier: nameOf(user.id, ctx.body?.code),
              value: user.id,
              expiresAt: new Date(Date.now() + lifeMs),
            });
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin;
}
