import type { HealthBody, HealthModel } from "../client.ts";
import { version } from "../env.ts";
import type { DeploymentStatus } from "../workers/deployment.ts";
import type { EdgeServices } from "./types.ts";

/** Whether something can serve, and what each model is doing. */
export async function health({
  catalog,
  draining,
  pool,
}: Pick<EdgeServices, "catalog" | "draining" | "pool">): Promise<{
  status: 200 | 503;
  body: HealthBody;
}> {
  const statuses = new Map(pool.statuses().map((status) => [status.model, status]));
  const models = (await catalog.of(catalog.organizationId).list()).map(
    ({ name }): HealthModel => modelHealth(name, statuses.get(name)),
  );
  const device = [...statuses.values()].find(({ state, info }) => state === "ready" && info)?.info?.device;
  const summary = draining() ? "stopping" : summarise(models);
  const canServe = summary === "ok" || summary === "degraded";
  return {
    status: canServe ? 200 : 503,
    body: {
      status: summary,
      version,
      uptimeSeconds: Math.round(process.uptime()),
      device: device ? { kind: device.kind, description: device.description, threads: device.threads } : null,
      models,
    },
  };
}

export function modelHealth(id: string, status: DeploymentStatus | undefined): HealthModel {
  if (status === undefined) return { id, state: "idle", restarts: 0 };
  const { error, inFlight, progress, restarts, state } = status;
  return { id, state, restarts, inFlight, ...(progress && { progress }), ...(error !== undefined && { error }) };
}

/** `degraded`: some model serves, another that should can't. */
export function summarise(models: readonly Pick<HealthModel, "state">[]): HealthBody["status"] {
  const count = (...states: HealthModel["state"][]) => models.filter(({ state }) => states.includes(state)).length;
  const broken = count("failed", "restarting");
  if (count("ready") > 0) return broken > 0 ? "degraded" : "ok";
  if (count("loading") > 0) return "starting";
  return broken > 0 ? "unavailable" : "starting";
}
