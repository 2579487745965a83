/** The service process. Prints nothing but its log. */
import { pino } from "pino";
import { startEngine } from "./engine-service.ts";
import { readEnv } from "./env.ts";
import { startService } from "./service.ts";

async function main(): Promise<void> {
  const env = readEnv();
  const log = pino({ level: env.TUGBOAT_LOG_LEVEL, base: { pid: process.pid } });
  const roles = env.TUGBOAT_ROLES;
  const hasService = roles.has("edge") || roles.has("jobs");
  // An engine beside an edge has its workers in common with it; alone it serves edges elsewhere.
  const starting = Promise.all([
    roles.has("engine") && !roles.has("edge") ? startEngine(env, log, !hasService) : undefined,
    hasService ? startService(env, log) : undefined,
  ]);
  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, "stopping");
    const end = (parts: Awaited<typeof starting>) => Promise.all(parts.map((part) => part?.close()));
    starting.then(end).then(
      () => process.exit(0),
      (error: Error) => {
        log.error({ err: error }, "could not stop cleanly");
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", () => stop("SIGINT"));
  process.on("SIGTERM", () => stop("SIGTERM"));
  process.on("unhandledRejection", (reason) => log.error({ err: reason }, "unhandled rejection"));
  await starting;
}

main().catch((error: unknown) => {
  const hint = error instanceof Error && "hint" in error ? ` ${String(error.hint)}` : "";
  console.error(`${error instanceof Error ? error.message : String(error)}${hint}`);
  process.exit(1);
});
