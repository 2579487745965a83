import type { Database } from "@tugboat/db";
import type { BetterAuthPlugin, GenericEndpointContext } from "better-auth";
import { APIError, createAuthMiddleware, getSessionFromCtx } from "better-auth/api";
import { addressHeader } from "./address.ts";
import { recordForPerson, unknownActor } from "./records.ts";
import { halfSignedIn } from "./two-factor.ts";

interface Person {
  readonly id: string;
  readonly email: string;
}

/** How somebody signed in, by the path that they took. */
const ways: Readonly<Record<string, string>> = {
  "/sign-in/email": "password",
  "/sign-in/link": "link",
  "/callback/:id": "oidc",
  "/two-factor/verify-totp": "password and code",
  "/two-factor/verify-backup-code": "password and backup code",
};
const changes: Readonly<Record<string, string>> = {
  "/change-password": "users.change-password",
  "/two-factor/disable": "users.two-factor-off",
  "/two-factor/generate-backup-codes": "users.backup-codes",
  "/revoke-sessions": "users.end-sessions",
};

/**
 * Writes sign-ins, failed ones and changes of how somebody signs in into the audit logs. It comes last of all plugins: a
 * sign-in that still owes a code has no session then.
 */
export function accountRecords(database: Database) {
  const record = (ctx: GenericEndpointContext, { id, email }: Person, action: string, after?: object, actor = id) =>
    recordForPerson(
      database,
      { userId: id, email },
      { action, address: addressIn(ctx), ...(after && { after }) },
      actor,
    );
  /** Who was signed in when a request came, before a change renewed the session. */
  const before = new WeakMap<Request, Person>();

  return {
    id: "tugboat-account-records",
    hooks: {
      before: [
        {
          matcher: ({ path }) => path !== undefined && (path in changes || path.startsWith("/two-factor/")),
          handler: createAuthMiddleware(async (ctx) => {
            if (!ctx.request) return;
            const session = await getSessionFromCtx(ctx);
            if (session) before.set(ctx.request, session.user);
          }),
        },
      ],
      after: [
        {
          matcher: ({ path }) => path !== undefined && (path in ways || path in changes),
          handler: createAuthMiddleware(async (ctx) => {
            const path = ctx.path ?? "";
            const entered = ctx.context.newSession?.user;
            const known = ctx.request && before.get(ctx.request);
            const failed = ctx.context.returned instanceof APIError;
            const way = ways[path];
            if (way === undefined) {
              const action = changes[path];
              if (known && action !== undefined && !failed) await record(ctx, known, action);
              return;
            }
            if (known) {
              if (!failed && path === "/two-factor/verify-totp") await record(ctx, known, "users.two-factor-on");
              return;
            }
            if (entered) return record(ctx, entered, "users.sign-in", { way });
            if (!failed) return;
            const tried = await whoTried(ctx);
            if (tried) await record(ctx, tried, "users.sign-in-failed", { way }, unknownActor);
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin;
}

/** Whose account a refused sign-in was about. Nobody's, when the address is unknown: no organization has to know of it. */
async function whoTried(ctx: GenericEndpointContext): Promise<Person | undefined> {
  if (ctx.path?.startsWith("/two-factor/")) return halfSignedIn(ctx);
  const email: unknown = ctx.body?.email;
  if (ctx.path !== "/sign-in/email" || typeof email !== "string") return undefined;
  return (await ctx.context.internalAdapter.findUserByEmail(email.toLowerCase()))?.user;
}

export function addressIn(ctx: { readonly headers?: Headers | undefined }): string | undefined {
  return ctx.headers?.get(addressHeader) ?? undefined;
}
