import type { BetterAuthPlugin } from "better-auth";
import { createAuthEndpoint } from "better-auth/api";
import type { Mailer } from "../mail/mailer.ts";
import type { OidcSettings } from "./oidc.ts";

/** `GET /ways`: how somebody can come in here besides with a password. */
export function waysIn({ mailer, oidc }: { mailer: Mailer | undefined; oidc: OidcSettings | undefined }) {
  return {
    id: "tugboat-ways-in",
    endpoints: {
      readWays: createAuthEndpoint("/ways", { method: "GET" }, async (ctx) =>
        ctx.json({
          /** Whether a forgotten password can be reset by mail just now. */
          mail: mailer !== undefined && (await mailer.works()),
          oidc: oidc === undefined ? null : { name: oidc.name },
        }),
      ),
    },
  } satisfies BetterAuthPlugin;
}
