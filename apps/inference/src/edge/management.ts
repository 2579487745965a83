import { getConnInfo } from "@hono/node-server/conninfo";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { Hono, type Context as HonoContext } from "hono";
import { bodyLimit } from "hono/body-limit";
import { identify } from "./auth.ts";
import { datasetExportRoute, datasetFileRoute } from "./dataset-files.ts";
import { modelFileRoute } from "./model-files.ts";
import { paymentWebhook } from "./payments.ts";
import { admit } from "./rate-limit.ts";
import { callRest, openApiDocument, restRoutes } from "./rest.ts";
import { consoleHeader, withAddress } from "./session.ts";
import type { Context, Management } from "./trpc/context.ts";
import { appRouter } from "./trpc/root.ts";
import type { Edge, EdgeServices, EdgeVariables } from "./types.ts";
import { uploadRoutes } from "./uploads.ts";

/** What of the account library is reachable; anything else it could do is not. */
export const accountRoutes = [
  ["GET", "/ways"],
  ["POST", "/sign-in/email"],
  ["POST", "/sign-in/link"],
  ["POST", "/sign-out"],
  ["POST", "/sign-in/social"],
  ["GET", "/callback/oidc"],
  ["POST", "/two-factor/enable"],
  ["POST", "/two-factor/verify-totp"],
  ["POST", "/two-factor/verify-backup-code"],
  ["POST", "/two-factor/generate-backup-codes"],
  ["POST", "/two-factor/disable"],
  ["POST", "/request-password-reset"],
  ["POST", "/change-password"],
  ["POST", "/revoke-sessions"],
  ["POST", "/reset-password"],
  ["GET", "/invitation"],
  ["POST", "/accept-invitation"],
] as const;

const maxBodyBytes = 1024 * 1024;

/** `/api`: accounts, the procedures by tRPC and by REST, and their document. */
export function managementRoutes(services: EdgeServices, management: Management): Edge {
  const app = new Hono<EdgeVariables>();
  const contextFor = async (c: HonoContext<EdgeVariables>): Promise<Context> => {
    const call = c.get("call");
    call.caller = await identify(c.req.raw.headers, services.keys, management);
    if (call.caller)
      for (const [name, value] of Object.entries(admit(call.caller, services.limits))) c.header(name, value);
    return { management, caller: call.caller, address: addressFor(c, management) };
  };

  // Before the limit: model files are larger than any body else.
  app.route("/uploaded-files", uploadRoutes(contextFor));
  app.post("/dataset-files", async (c) => datasetFileRoute(await contextFor(c), c.req.raw));
  app.use(
    "/*",
    bodyLimit({
      maxSize: maxBodyBytes,
      onError: (c) => c.json(problem("too-large", "The body is larger than 1 MiB."), 413),
    }),
  );

  app.post("/payments/stripe", async (c) => paymentWebhook(management, c));

  for (const [method, path] of accountRoutes) {
    app.on(method, `/auth${path}`, async (c) => {
      if (c.req.header(consoleHeader) === undefined) {
        const message = `Accounts are managed through the console; a program that stands in for it sends ${consoleHeader}.`;
        return c.json(problem("not-the-console", message), 403);
      }
      return management.auth.handler(withAddress(c.req.raw, addressFor(c, management)));
    });
  }

  app.on(["GET", "POST"], "/trpc/*", async (c) => {
    const context = await contextFor(c);
    return fetchRequestHandler({
      endpoint: "/api/trpc",
      req: c.req.raw,
      router: appRouter,
      createContext: () => context,
    });
  });

  app.get("/model-files/:name", async (c) => {
    const { caller } = await contextFor(c);
    return modelFileRoute(management, caller, c.req.param("name"), c.req.raw);
  });
  app.get("/dataset-exports/:name", async (c) =>
    datasetExportRoute(await contextFor(c), c.req.param("name"), c.req.query()),
  );
  app.get("/openapi.json", (c) => c.json(openApiDocument(new URL(c.req.url).origin)));
  for (const route of restRoutes) {
    app.on(route.method, route.path.replace(/^\/api/, ""), async (c) =>
      callRest(route, await contextFor(c), c.req.raw),
    );
  }
  return app;
}

function addressFor(c: HonoContext<EdgeVariables>, { addressOf }: Management): string | undefined {
  // Requests of tests come by no connection.
  const env: unknown = c.env;
  const connected = typeof env === "object" && env !== null && "incoming" in env;
  const peer = connected ? getConnInfo(c).remote.address : undefined;
  return addressOf(peer, c.req.raw.headers);
}

function problem(code: string, message: string) {
  return { error: { code, message } };
}
