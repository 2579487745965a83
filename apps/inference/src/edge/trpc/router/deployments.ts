import { z } from "zod";
import { deploymentState } from "../model-view.ts";
import { orgProcedure, router } from "../trpc.ts";

const deployment = z.object({
  model: z.string(),
  state: deploymentState,
  /** Requests that run or wait. */
  inFlight: z.int(),
  restarts: z.int(),
  device: z.object({ kind: z.string(), description: z.string(), threads: z.int() }).nullable(),
  /** Memory of its worker. */
  rssBytes: z.number().nullable(),
  loadMs: z.number().nullable(),
  /** Why it failed or died last. */
  error: z.string().nullable(),
});

export const deploymentsRouter = router({
  list: orgProcedure("deployments:read")
    .output(z.object({ deployments: z.array(deployment) }))
    .query(({ ctx }) => {
      const { database, deployments } = ctx.management;
      const served = ctx.organizationId === database.home.organizationId;
      const statuses = served ? deployments.statuses() : [];
      return {
        deployments: statuses.map(({ error, inFlight, info, loadMs, model, restarts, rssBytes, state }) => {
          const device = info?.device;
          return {
            model,
            state,
            inFlight,
            restarts,
            device: device ? { kind: device.kind, description: device.description, threads: device.threads } : null,
            rssBytes: rssBytes ?? null,
            loadMs: loadMs ?? null,
            error: error ?? null,
          };
        }),
      };
    }),
});
