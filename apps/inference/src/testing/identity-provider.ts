import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";

export interface Identity {
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly name?: string;
}

export const client = { id: "tugboat", secret: "the client's secret" } as const;

/** A real OpenID provider on a free port, at which one person after another signs in without being asked. */
export async function startIdentityProvider(redirectUri: string) {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let who: Identity = { sub: "nobody" };
  const asked: URLSearchParams[] = [];

  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: [redirectUri],
        response_types: ["code"],
        grant_types: ["authorization_code"],
      },
    ],
    pkce: { required: () => true },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ ...who, sub: id }) }),
    features: { devInteractions: { enabled: false } },
    // Consent is given beforehand: this provider trusts its one client.
    async loadExistingGrant(ctx) {
      const { oidc } = ctx;
      const grant = new provider.Grant({ clientId: client.id, accountId: oidc.session?.accountId });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
    interactions: { url: (_ctx, { uid }) => `/enter/${uid}` },
    cookies: { keys: ["a key of the test"] },
    ttl: { Grant: 600, Session: 600, Interaction: 600, AccessToken: 600, IdToken: 600 },
  });
  const handle = provider.callback();
  server.on("request", async (request, response) => {
    const url = new URL(request.url ?? "/", issuer);
    if (url.pathname === "/auth") asked.push(url.searchParams);
    if (!url.pathname.startsWith("/enter/")) return handle(request, response);
    await provider.interactionFinished(request, response, { login: { accountId: who.sub } });
  });

  return {
    issuer,
    /** What the client asked for at the authorization endpoint. */
    asked,
    /** Who signs in from now on. */
    become(identity: Identity) {
      who = identity;
    },
    /** Follows an authorization request as a fresh browser does, back to the client's address. */
    async visit(address: string): Promise<URL> {
      const jar = new Map<string, string>();
      for (let url = new URL(address), hops = 0; hops < 10; hops++) {
        const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
        const response = await fetch(url, { redirect: "manual", headers: { cookie } });
        for (const set of response.headers.getSetCookie()) {
          const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
          jar.set(name, value);
        }
        const location = response.headers.get("location");
        if (location === null) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
        url = new URL(location, url);
        if (url.origin !== issuer) return url;
      }
      throw new Error("the provider leads round in circles");
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export type IdentityProvider = Awaited<ReturnType<typeof startIdentityProvider>>;
