/** The service process. Prints nothing but its log. */
import { pino } from "pino";
import { EnvError, readEnv } from "./env.ts";
import { type Service, startService } from "./service.ts";

async function main(): Promise<void> {
  const env = readEnv();
  const log = pino({ level: env.TUGBOAT_LOG_LEVEL, base: { pid: process.pid } });
  if (!env.TUGBOAT_ROLES.has("edge") || !env.TUGBOAT_ROLES.has("engine")) {
    throw new EnvError("TUGBOAT_ROLES: a service without both edge and engine can't answer requests yet.");
  }
  const starting = startService(env, log);
  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, "stopping");
    const end = (service: Service) => service.close();
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
