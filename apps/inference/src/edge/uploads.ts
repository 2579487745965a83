import { Hono, type Context as HonoContext } from "hono";
import { permissionTable } from "../domain/permissions.ts";
import type { Context } from "./trpc/context.ts";
import type { Edge, EdgeVariables } from "./types.ts";

/** `/api/uploaded-files`: model files by the tus protocol, for whoever may add models. Bodies are streamed to disk. */
export function uploadRoutes(contextFor: (c: HonoContext<EdgeVariables>) => Promise<Context>): Edge {
  const app = new Hono<EdgeVariables>();
  const answer = async (c: HonoContext<EdgeVariables>): Promise<Response> => {
    const { caller, management } = await contextFor(c);
    if (caller === undefined) return refusal(401, "signed-out", "You are not signed in.");
    const organizationId = caller.kind === "member" ? caller.organization?.id : caller.organizationId;
    if (organizationId === undefined || !caller.permissions.has("models:write")) {
      const message = `You may not ${permissionTable["models:write"].what}.`;
      return refusal(403, "forbidden", message);
    }
    return management.uploads.handle(organizationId, c.req.raw);
  };
  app.post("/", answer);
  // HEAD comes as GET, and tells how much is here.
  app.get("/:id", (c) => (c.req.method === "HEAD" ? answer(c) : c.notFound()));
  app.patch("/:id", answer);
  app.delete("/:id", answer);
  return app;
}

function refusal(status: number, code: string, message: string): Response {
  return Response.json({ error: { code, message } }, { status });
}
