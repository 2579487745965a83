import type { Database } from "@tugboat/db";
import type { Logger } from "pino";
import { sweepRules } from "./rules.ts";

const everyMs = 20_000;

/** Looks now and then whether an evaluation is to be run again. */
export function watchEvaluations(database: Database, log: Logger): { close(): Promise<void> } {
  let closed = false;
  let running: Promise<void> = Promise.resolve();
  const sweep = async () => {
    for (const id of closed ? [] : await database.organizationsWith("evaluations.rules")) {
      for (const { did, rule } of await sweepRules(database.organization(id))) log.info({ evaluation: rule }, did);
    }
  };
  const timer = setInterval(() => {
    running = running.then(sweep).catch((error: unknown) => {
      if (!closed) log.warn({ err: error }, "evaluations were not looked after");
    });
  }, everyMs);
  timer.unref();
  return {
    close: async () => {
      closed = true;
      clearInterval(timer);
      await running;
    },
  };
}
