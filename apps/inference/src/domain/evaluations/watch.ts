import type { Database } from "@tugboat/db";
import type { Logger } from "pino";
import { regularly } from "../../regularly.ts";
import type { Ask } from "../asking/ask.ts";
import { onlineSetting, sweepOnline } from "./online.ts";
import { sweepRules } from "./rules.ts";

const everyMs = 20_000;

/** Looks now and then whether an evaluation is to be run again, and judges live traffic where that is asked for. */
export function watchEvaluations(database: Database, ask: Ask, log: Logger): { close(): Promise<void> } {
  const sweep = async (stop: AbortSignal) => {
    for (const id of await database.organizationsWith("evaluations.rules")) {
      for (const { did, rule } of await sweepRules(database.organization(id))) log.info({ evaluation: rule }, did);
    }
    for (const id of stop.aborted ? [] : await database.organizationsWith(onlineSetting)) {
      const raised = await sweepOnline(database.organization(id), ask, stop);
      for (const alarm of raised) log.warn(alarm, "live answers are judged otherwise than they were");
    }
  };
  return regularly(everyMs, sweep, (err) => log.warn({ err }, "evaluations were not looked after"));
}
