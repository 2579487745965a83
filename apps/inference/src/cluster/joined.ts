import type { Database } from "@tugboat/db";
import type { Logger } from "pino";
import { enqueueMeasurement } from "../jobs/kinds/models-measure.ts";
import { regularly } from "../regularly.ts";

const everyMs = 5000;
/** As long as an engine is taken to live (`directory.ts`). */
const livesMs = 15_000;

/**
 * Has every model measured anew when an engine joins that was not known before: the planner goes by the newest figures.
 * The engines of a cluster are taken to be alike (decision 0022), so that one measurement speaks for all.
 */
export function measureJoined(database: Database, log: Logger): { close(): Promise<void> } {
  let known: ReadonlySet<string> | undefined;
  const look = async () => {
    const now = await database.engines.list(livesMs);
    const joined = known === undefined ? [] : now.filter((address) => !known?.has(address));
    known = new Set([...(known ?? []), ...now]);
    if (joined.length === 0) return;
    const scope = database.organization(database.home.organizationId);
    for (const { name, own } of await scope.models.list()) {
      if (own) await enqueueMeasurement(scope, name, { createdBy: "system", asked: false });
    }
    log.info({ engines: joined }, "engines joined: models are measured anew");
  };
  return regularly(everyMs, look, (err) => log.warn({ err }, "the engines can't be looked at"));
}
