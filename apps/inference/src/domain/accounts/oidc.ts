import type { Database, Role } from "@tugboat/db";
import type { BetterAuthOptions, BetterAuthPlugin } from "better-auth";
import { APIError, createAuthMiddleware } from "better-auth/api";
import { genericOAuth } from "better-auth/plugins";
import { accept, joinByDomain } from "./acceptance.ts";
import { addressHeader } from "./address.ts";

/** The other identity provider that people may sign in with. */
export interface OidcSettings {
  /** Its issuer; `<issuer>/.well-known/openid-configuration` says the rest. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What the button on the sign-in page calls it. */
  readonly name: string;
  /**
   * The domains whose addresses may sign in, with the role in the first organization that each of them gives without an
   * invitation, if any. Empty: any domain, by invitation alone.
   */
  readonly domains: ReadonlyMap<string, Role | undefined>;
}

/** How the account library names it, in `account.provider_id` and in the address that the provider returns to. */
export const oidcProvider = "oidc";

/** The authorization code flow with PKCE, state and nonce; its ID token is verified by the keys that it publishes. */
export function oidcSignIn(settings: OidcSettings) {
  return genericOAuth({
    config: [
      {
        providerId: oidcProvider,
        name: settings.name,
        discoveryUrl: `${settings.issuer}/.well-known/openid-configuration`,
        requireIdTokenVerification: true,
        clientId: settings.clientId,
        clientSecret: settings.clientSecret,
        scopes: ["openid", "email", "profile"],
        pkce: true,
        mapProfileToUser: ({ email, name }) => ({
          name: typeof name === "string" && name !== "" ? name : (email ?? ""),
        }),
      },
    ],
  });
}

type Gate = NonNullable<NonNullable<BetterAuthOptions["user"]>["validateUserInfo"]>;

/**
 * Decides whom the provider lets in: an address that it vouches for, of a domain that is allowed, with an account or an
 * invitation, or of a domain that gives a role to everybody.
 */
export function oidcGate(database: Database, { domains }: OidcSettings): Gate {
  return async ({ source, user }) => {
    if (source.oauth?.providerId !== oidcProvider) return undefined;
    const email = (user.email ?? "").toLowerCase();
    const domain = domainOf(email);
    const { email_verified: vouched } = source.oauth.profile ?? {};
    // Some providers never send the claim. For a domain that the admin named they are its authority all the same.
    const trusted = vouched === true || vouched === "true" || (vouched === undefined && domains.has(domain));
    if (!trusted) return { error: "email_unverified" };
    if (domains.size > 0 && !domains.has(domain)) return { error: "domain_not_allowed" };
    if (source.action !== "create-user" || domains.get(domain) !== undefined) return undefined;
    const invited = await database.people.invitationsOf(email);
    return invited.length > 0 ? undefined : { error: "not_invited" };
  };
}

/** Makes a member of whoever came in by the provider and was invited, or whose domain has a role of its own. */
export function oidcMembership(database: Database, { domains }: OidcSettings) {
  return {
    id: "tugboat-oidc-membership",
    hooks: {
      before: [
        {
          matcher: ({ path }) => path === "/sign-in/social",
          handler: createAuthMiddleware(async (ctx) => {
            // Only the flow through the browser binds the token to a session that this console began.
            if (ctx.body?.idToken) {
              throw new APIError("BAD_REQUEST", {
                code: "ID_TOKEN_REFUSED",
                message: "An ID token alone signs nobody in.",
              });
            }
            // The library's own check of these is off together with its check of origins, which is the edge's.
            const ends: unknown[] = [ctx.body?.callbackURL, ctx.body?.errorCallbackURL, ctx.body?.newUserCallbackURL];
            if (ends.every((end) => end === undefined || isLocal(end))) return;
            throw new APIError("FORBIDDEN", {
              code: "FOREIGN_RETURN",
              message: "The way back must be a path of the console.",
            });
          }),
        },
      ],
      after: [
        {
          matcher: ({ path }) => path === "/callback/:id",
          handler: createAuthMiddleware(async (ctx) => {
            const entered = ctx.context.newSession;
            if (!entered) return;
            const { session, user } = entered;
            const address = ctx.headers?.get(addressHeader) ?? undefined;
            const invitations = await database.people.invitationsOf(user.email);
            for (const invitation of invitations) await accept(database, invitation, user, address);
            const role = domains.get(domainOf(user.email));
            if (role !== undefined) await joinByDomain(database, user, role, address);
            const [newest] = invitations.slice(-1);
            if (newest) await database.people.activate(session.id, newest.organizationId);
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin;
}

function domainOf(email: string): string {
  return email.slice(email.lastIndexOf("@") + 1).toLowerCase();
}

function isLocal(path: unknown): boolean {
  return typeof path === "string" && /^\/(?![/\\])/.test(path) && !/\p{Cc}/u.test(path);
}
