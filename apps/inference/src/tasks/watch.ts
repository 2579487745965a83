import type { Database } from "@tugboat/db";
import type { Logger } from "pino";
import { sweepTasks } from "./sweep.ts";

/** After something changed, so long more may change at once; and without any change tasks are looked after so often. */
const settleMs = 1000;
const everyMs = 20_000;

export interface TaskWatch {
  /** Something of an organization changed, `*` for all. */
  changed(organizationId: string): void;
  close(): Promise<void>;
}

/**
 * Looks after tasks while the service runs: soon after a change, and now and then.
 */
export function watchTasks(database: Database, log: Logger): TaskWatch {
  let closed = false;
  let soon: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const sweep = () => {
    clearTimeout(soon);
    soon = undefined;
    running = running.then(async () => {
      for (const id of closed ? [] : await database.taskOrganizations()) {
        const done = await sweepTasks(database.organization(id));
        for (const { did, task } of done) log.info({ task }, did);
      }
    });
    running = running.catch((error: unknown) => {
      if (!closed) log.warn({ err: error }, "tasks were not looked after");
    });
  };
  const timer = setInterval(sweep, everyMs);
  timer.unref();
  return {
    changed: () => {
      if (!closed) soon ??= setTimeout(sweep, settleMs).unref();
    },
    close: async () => {
      closed = true;
      clearInterval(timer);
      clearTimeout(soon);
      await running;
    },
  };
}
