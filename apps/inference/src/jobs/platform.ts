import type { Database } from "@tugboat/db";
import type { Logger } from "pino";
import type { JobChanges } from "./changes.ts";
import type { JobKind } from "./define.ts";
import { openQueue } from "./queue.ts";
import { JobRunner } from "./runner.ts";
import type { JobServices } from "./services.ts";

export interface JobPlatformOptions {
  readonly database: Pick<Database, "home" | "jobs" | "organization" | "url">;
  readonly changes: JobChanges;
  readonly kinds: readonly JobKind[];
  readonly services: JobServices;
  readonly log: Logger;
  readonly redisUrl?: string | undefined;
  readonly timing?: Partial<JobTiming>;
}

export interface JobTiming {
  /** After a runner's silence of this long its jobs are somebody else's. */
  readonly leaseMs: number;
  readonly renewMs: number;
  /** How often the table is searched for what was not delivered and for jobs of the dead. */
  readonly sweepMs: number;
}

const usual: JobTiming = { leaseMs: 15_000, renewMs: 1000, sweepMs: 3000 };
const BATCH = 200;

export interface JobPlatform {
  /** Runs at work in this process. */
  readonly running: number;
  /** Takes no more jobs, tells the running ones to end, waits for them for at most `graceMs`. */
  close(graceMs?: number): Promise<void>;
}

/** Delivers queued jobs and runs them in this process. Any number of processes may do so beside each other. */
export async function startJobs(options: JobPlatformOptions): Promise<JobPlatform> {
  const { changes, database, log, redisUrl } = options;
  const timing = { ...usual, ...options.timing };
  const kinds = new Map(options.kinds.map((kind) => [kind.kind, kind]));
  if (kinds.size !== options.kinds.length) throw new Error("Two kinds of jobs have the same name.");
  let closing = false;
  const queue = await openQueue({
    databaseUrl: database.url,
    redisUrl,
    installation: database.home.organizationId,
    onError: (error) => {
      if (!closing) log.warn({ err: error }, "the job queue has trouble");
    },
  });
  const runner = new JobRunner({ ...options, ...timing, kinds });

  const names = [...kinds.keys()];
  const deliver = repeatable(async () => {
    for (;;) {
      const due = await database.jobs.undelivered(names, BATCH);
      if (closing || due.length === 0) return;
      // In this order, so that a kill in between repeats a delivery and loses none.
      await queue.add(due);
      for (const job of due) await database.jobs.delivered(job);
      if (due.length < BATCH) return;
    }
  });
  const sweep = repeatable(async () => {
    const recovered = await database.jobs.recover();
    if (recovered > 0) log.warn({ recovered }, "took over jobs of a process that ended");
    await deliver();
  });
  const attempt = (what: () => Promise<void>) => {
    if (closing) return;
    what().catch((error: Error) => closing || log.warn({ err: error }, "could not look for jobs"));
  };

  const unsubscribe = changes.subscribe({
    onChange: ({ id, kind, state }) => {
      if (state === "queued" && kinds.has(kind)) attempt(deliver);
      if (state !== "running") runner.stop(id);
    },
    onGap: () => attempt(deliver),
  });
  for (const kind of options.kinds) await queue.take(kind, ({ fence, id }) => runner.take(id, fence));
  const timer = setInterval(() => attempt(sweep), timing.sweepMs);
  attempt(sweep);

  return {
    get running() {
      return runner.running;
    },
    async close(graceMs = 5000) {
      closing = true;
      clearInterval(timer);
      unsubscribe();
      await runner.close(graceMs);
      await queue.close();
      await sweep.idle();
    },
  };
}

interface Repeatable {
  (): Promise<void>;
  /** Resolves when nothing of it goes on. */
  idle(): Promise<void>;
}

/** Never runs twice at once; being called while it runs makes it run once more. */
function repeatable(run: () => Promise<void>): Repeatable {
  let current: Promise<void> | undefined;
  let again = false;
  const loop = async () => {
    do {
      again = false;
      await run();
    } while (again);
  };
  const call = () => {
    if (current) again = true;
    current ??= loop().finally(() => {
      current = undefined;
    });
    return current;
  };
  return Object.assign(call, { idle: async () => void (await current?.catch(() => {})) });
}
