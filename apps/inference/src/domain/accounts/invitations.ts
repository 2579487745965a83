import type { Database } from "@tugboat/db";
import type { BetterAuthPlugin } from "better-auth";
import { APIError, createAuthEndpoint, getSessionFromCtx } from "better-auth/api";
import { setSessionCookie } from "better-auth/cookies";
import { z } from "zod";
import { accept } from "./acceptance.ts";
import { addressHeader } from "./address.ts";
import { passwordLength } from "./passwords.ts";

const token = z.string().min(1).max(200);

/** Reading an invitation's link, and accepting it: with a new account, or with the one that is signed in. */
export function invitations(database: Database) {
  return {
    id: "tugboat-invitations",
    endpoints: {
      readInvitation: createAuthEndpoint("/invitation", { method: "GET", query: z.object({ token }) }, async (ctx) => {
        const found = await database.people.invitation(ctx.query.token);
        if (!found) throw unknownInvitation();
        const account = await ctx.context.internalAdapter.findUserByEmail(found.email);
        const { email, expiresAt, organization, role } = found;
        return ctx.json({ email, role, organization, expiresAt, hasAccount: account !== null });
      }),

      acceptInvitation: createAuthEndpoint(
        "/accept-invitation",
        {
          method: "POST",
          body: z.object({
            token,
            name: z.string().trim().min(1).max(100).optional(),
            password: z.string().min(passwordLength.min).max(passwordLength.max).optional(),
          }),
        },
        async (ctx) => {
          const { body, context } = ctx;
          const found = await database.people.invitation(body.token);
          if (!found) throw unknownInvitation();
          const known = await context.internalAdapter.findUserByEmail(found.email);
          const current = await getSessionFromCtx(ctx);
          if (known && current?.user.id !== known.user.id) {
            throw new APIError("UNAUTHORIZED", {
              code: "SIGN_IN_FIRST",
              message: `${found.email} has an account: sign in with it, then open the link again.`,
            });
          }
          if (!known && (body.name === undefined || body.password === undefined)) {
            throw new APIError("BAD_REQUEST", {
              code: "NAME_AND_PASSWORD_NEEDED",
              message: "A new account needs a name and a password.",
            });
          }
          const user =
            known?.user ??
            (await context.internalAdapter.createUser(
              { name: body.name ?? found.email, email: found.email, emailVerified: true },
              { method: "email-password" },
            ));
          if (!known && body.password !== undefined) {
            await context.internalAdapter.linkAccount({
              userId: user.id,
              accountId: user.id,
              providerId: "credential",
              password: await context.password.hash(body.password),
            });
          }
          await accept(database, found, user, ctx.headers?.get(addressHeader) ?? undefined);
          const session = current?.session ?? (await context.internalAdapter.createSession(user.id));
          await database.people.activate(session.id, found.organizationId);
          if (!current) await setSessionCookie(ctx, { session, user });
          return ctx.json({ organizationId: found.organizationId, role: found.role });
        },
      ),
    },
  } satisfies BetterAuthPlugin;
}

function unknownInvitation(): APIError {
  return new APIError("NOT_FOUND", {
    code: "INVITATION_UNKNOWN",
    message: "This invitation is not valid any more. Ask for a new one.",
  });
}
