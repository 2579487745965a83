import type { Database } from "@tugboat/db";
import type { Logger } from "pino";
import type { Ask } from "../asking/ask.ts";
import { onlineSetting, sweepOnline } from "./online.ts";
import { sweepRules } from "./rules.ts";

const everyMs = 20_000;

/** Looks now and then whether an evaluation is to be run again, and judges live traffic where that is asked for. */
export function watchEvaluations(database: Database, ask: Ask, log: Logger): { close(): Promise<void> } {
  let closed = false;
  const ending = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const sweep = async () => {
    for (const id of closed ? [] : await database.organizationsWith("evaluations.rules")) {
      for (const { did, rule } of await sweepRules(database.organization(id))) log.info({ evaluation: rule }, did);
    }
    for (const id of closed ? [] : await database.organizationsWith(onlineSetting)) {
      const raised = await sweepOnline(database.organization(id), ask, ending.signal);
      for (const alarm of raised) log.warn(alarm, "live answers are judged otherwise than they were");
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
      ending.abort(new Error("the service stops"));
      clearInterval(timer);
      await running;
    },
  };
}
