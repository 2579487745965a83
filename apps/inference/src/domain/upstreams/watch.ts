import type { Database } from "@tugboat/db";
import type { Logger } from "pino";
import { enqueueJob } from "../../jobs/enqueue.ts";
import { listUpstream } from "../../jobs/kinds/upstreams-list.ts";
import { regularly } from "../../regularly.ts";
import { followSuccessors } from "../models/follow.ts";

const everyMs = 60_000;
/** Each upstream is asked for its models so often. */
const askedEveryMs = 10 * 60_000;

/**
 * Keeps the catalog of every organization current: asks its upstreams for their models now and then, each by a durable job,
 * and points aliases of deprecated models to what replaces them where a guard was satisfied.
 */
export function watchCatalog(database: Database, log: Logger): { close(): Promise<void> } {
  const asked = new Map<string, number>();
  const look = async (stop: AbortSignal) => {
    for (const id of await database.catalogOrganizations()) {
      const scope = database.organization(id);
      // In the same span of time every process asks for the same job, and one runs.
      const span = Math.floor(Date.now() / askedEveryMs);
      for (const { enabled, id: upstream, name } of await scope.upstreams.list()) {
        if (!enabled || stop.aborted) continue;
        const last = asked.get(upstream);
        if (last === span) continue;
        asked.set(upstream, span);
        const options = { createdBy: "system", subject: name, dedupeKey: upstream, priority: "background" } as const;
        await enqueueJob(scope, listUpstream, { upstream }, options);
      }
      for (const { alias, did } of await followSuccessors(scope)) log.info({ alias }, did);
    }
  };
  return regularly(everyMs, look, (err) => log.warn({ err }, "the catalog was not looked after"));
}
