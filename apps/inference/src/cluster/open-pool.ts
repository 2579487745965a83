import type { Database } from "@tugboat/db";
import type { Logger } from "pino";
import { engineSecret } from "../domain/accounts/secret.ts";
import type { Env } from "../env.ts";
import { computingOf, modelBytes, prefixDiskOf } from "../machine.ts";
import { launchProcess } from "../workers/launch.ts";
import { DeploymentPool, type ModelPool, type ServableModel } from "../workers/pool.ts";
import { announcedEngines, fixedEngines } from "./directory.ts";
import { Fleet } from "./fleet.ts";

export type FindModel = (name: string) => Promise<ServableModel | undefined>;

/** Models in workers of this process. */
export function ownPool(env: Env, find: FindModel, log: Logger): DeploymentPool {
  return new DeploymentPool({
    find,
    launch: launchProcess,
    log,
    settings: { ...computingOf(env), ...prefixDiskOf(env) },
    memoryBytes: modelBytes(env),
    maxInFlight: env.TUGBOAT_QUEUE,
  });
}

/** What serves models for this process: workers of its own, or engines elsewhere. */
export async function openPool(
  env: Env,
  { database, find, log, onEngine }: { database: Database; find: FindModel; log: Logger; onEngine: () => void },
): Promise<ModelPool> {
  if (env.TUGBOAT_ROLES.has("edge") && env.TUGBOAT_ROLES.has("engine")) return ownPool(env, find, log);
  const fixed = env.TUGBOAT_ENGINES;
  return new Fleet({
    find,
    log,
    onEngine,
    directory: fixed.length > 0 ? fixedEngines(fixed) : announcedEngines(database.engines, log),
    secret: await secretOf(env),
  });
}

export async function secretOf(env: Env): Promise<string> {
  return env.TUGBOAT_ENGINE_SECRET ?? engineSecret(env.TUGBOAT_HOME);
}
