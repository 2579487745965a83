import { hostname } from "node:os";
import { createAdaptorServer } from "@hono/node-server";
import { openDatabase } from "@tugboat/db";
import type { Logger } from "pino";
import { deviceFacts } from "./cluster/device-facts.ts";
import { announce } from "./cluster/directory.ts";
import { EngineServer, KnownModels } from "./cluster/engine-server.ts";
import { ownPool, secretOf } from "./cluster/open-pool.ts";
import { Metrics } from "./edge/metrics.ts";
import { listen } from "./edge/port.ts";
import { probes } from "./edge/probes.ts";
import type { Env } from "./env.ts";

/** How long running requests may take to end after the engine was told to stop. */
const graceMs = 10_000;

/**
 * Starts an engine for edges in other processes. It announces itself in the database, or in none where the engines'
 * addresses are fixed: then it needs nothing but the files of models.
 * @param withProbes whether this process answers `/health` for this role
 * @throws PortError, DatabaseError
 */
export async function startEngine(env: Env, log: Logger, withProbes: boolean): Promise<{ close(): Promise<void> }> {
  const models = new KnownModels();
  const pool = ownPool(env, models.find, log);
  const server = new EngineServer({ pool, models, secret: await secretOf(env), log });
  const port = await server.listen(env.TUGBOAT_ENGINE_PORT, env.TUGBOAT_ENGINE_HOST);
  const address = env.TUGBOAT_ENGINE_ADDRESS ?? `${reachedAt(env.TUGBOAT_ENGINE_HOST)}:${port}`;
  const isAnnounced = env.TUGBOAT_ENGINES.length === 0;
  const database = isAnnounced
    ? await openDatabase({
        home: env.TUGBOAT_HOME,
        url: env.DATABASE_URL,
        onWarning: (message) => log.warn(message),
      })
    : undefined;
  const withdraw = database && announce(database.engines, address, log, deviceFacts(env));
  let draining = false;
  const stopProbes = withProbes
    ? await answerProbes(env, new Metrics(() => pool.statuses()), () => draining)
    : undefined;
  log.info({ address }, "engine serving");
  return {
    async close() {
      draining = true;
      await withdraw?.();
      server.leave();
      const until = performance.now() + graceMs;
      while (pool.inFlight > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
      await server.close();
      await pool.close();
      await stopProbes?.();
      await database?.close();
    },
  };
}

/** All addresses of a machine are no address of it. */
function reachedAt(host: string): string {
  if (host === "0.0.0.0" || host === "::") return hostname();
  return host.includes(":") ? `[${host}]` : host;
}

async function answerProbes(env: Env, metrics: Metrics, draining: () => boolean): Promise<() => Promise<void>> {
  const app = probes(metrics, env.TUGBOAT_ROLES, draining);
  const server = createAdaptorServer({ fetch: app.fetch });
  if (!("closeAllConnections" in server)) throw new Error("expected an HTTP/1.1 server");
  await listen(server, env.TUGBOAT_API_PORT, env.TUGBOAT_API_HOST, "TUGBOAT_API_PORT");
  return async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
}
