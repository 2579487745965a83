import { Hono } from "hono";
import { otlpRequest, receivedSpans } from "../../domain/traces/otlp.ts";
import { organizationOf } from "../access.ts";
import { readJson } from "../body.ts";
import type { Edge, EdgeServices, EdgeVariables } from "../types.ts";
import { schemaError } from "./issues.ts";

/** `POST /v1/traces`: an application's own spans by OTLP/HTTP in JSON, so that they stand beside the requests they made. */
export function otlpRoutes(services: EdgeServices): Edge {
  const app = new Hono<EdgeVariables>();
  app.post("/", async (c) => {
    const json = await readJson(c.req.raw);
    const parsed = otlpRequest.safeParse(json);
    if (!parsed.success) throw schemaError(parsed.error, json);
    const { rejected, spans } = receivedSpans(parsed.data, Date.now());
    const organizationId = organizationOf(c.get("call").caller);
    if (organizationId !== undefined && spans.length > 0) {
      await services.management?.database.traces.writeSpans(organizationId, spans);
    }
    const partialSuccess = {
      rejectedSpans: String(rejected),
      errorMessage: "Spans that are older than a day, or of the future, are not kept.",
    };
    return c.json(rejected === 0 ? {} : { partialSuccess });
  });
  return app;
}
