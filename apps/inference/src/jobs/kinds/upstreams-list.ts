import { z } from "zod";
import { upstreamEntry } from "../../routing/routes.ts";
import { UpstreamError } from "../../upstreams/errors.ts";
import { listModels } from "../../upstreams/list-models.ts";
import { defineJob, JobError } from "../define.ts";

/** Asks an upstream which models it serves, and keeps what it says: a model that joined may then be planned with. */
export const listUpstream = defineJob({
  kind: "upstreams.list",
  input: z.object({ upstream: z.uuid() }),
  result: z.object({ models: z.int(), joined: z.array(z.string()), left: z.array(z.string()) }),
  attempts: 2,
  backoff: { firstMs: 5000, mostMs: 60_000 },
  async run({ commit, input, scope, services, signal }) {
    const { vault } = services;
    if (vault === undefined) throw new JobError("This process can't open secrets.", { final: true });
    const info = await scope.upstreams.get(input.upstream);
    if (!info.enabled) return { models: info.models.length, joined: [], left: [] };
    const entry = upstreamEntry(info, await scope.upstreams.secret(info.id), vault);
    if (entry.problem !== undefined) throw new JobError(entry.problem, { final: true });
    let models: string[];
    try {
      models = await listModels(entry, AbortSignal.any([signal, AbortSignal.timeout(30_000)]));
    } catch (error) {
      // What it served before it may serve again: nothing is forgotten because it was away.
      if (error instanceof UpstreamError) throw new JobError(error.message, { cause: error });
      throw error;
    }
    const joined = models.filter((one) => !info.models.includes(one));
    const left = info.models.filter((one) => !models.includes(one));
    return commit(async (tx) => {
      if (joined.length + left.length > 0) {
        await tx.upstreams.relist(info.id, models);
        const after = { joined: joined.slice(0, 50), left: left.slice(0, 50) };
        await tx.audit.append({ actor: "system", action: "upstreams.list", subject: info.id, after });
      }
      return { result: { models: models.length, joined, left } };
    });
  },
});
