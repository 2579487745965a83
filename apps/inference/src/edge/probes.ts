import { Hono } from "hono";
import { version } from "../env.ts";
import type { Metrics } from "./metrics.ts";

/** `/health` and `/metrics` of a process that answers no requests: an orchestrator asks it as it asks an edge. */
export function probes(metrics: Metrics, roles: Iterable<string>, draining: () => boolean): Hono {
  const app = new Hono();
  app.get("/health", (c) => {
    const status = draining() ? "stopping" : "ok";
    const body = { status, version, uptimeSeconds: Math.round(process.uptime()), roles: [...roles] };
    return c.json(body, status === "ok" ? 200 : 503);
  });
  app.get("/metrics", async (c) => {
    const { body, contentType } = await metrics.text();
    return c.body(body, 200, { "content-type": contentType });
  });
  return app;
}
