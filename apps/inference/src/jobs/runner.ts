import type { ClaimedJob, Database } from "@tugboat/db";
import type { Logger } from "pino";
import { z } from "zod";
import { JobError, type JobKind, JobLostError } from "./define.ts";
import { ProgressWriter } from "./progress.ts";
import type { JobServices } from "./services.ts";

export interface RunnerOptions {
  readonly database: Pick<Database, "jobs" | "organization">;
  readonly kinds: ReadonlyMap<string, JobKind>;
  readonly services: JobServices;
  readonly log: Logger;
  /** After a runner's silence of this long its jobs are somebody else's. */
  readonly leaseMs: number;
  /** How often it says that it lives, and looks whether its jobs are still wanted. */
  readonly renewMs: number;
}

/** Why a run was told to stop. */
type Stop = "lost" | "closing";

interface Running {
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/** Runs jobs in this process, and keeps its hold on them. */
export class JobRunner {
  readonly #options: RunnerOptions;
  readonly #running = new Map<string, Running>();
  #closing = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Runs a job that was delivered, unless it has changed since. Resolves when the run is over, however it went. */
  async take(id: string, fence: number): Promise<void> {
    if (this.#closing) return;
    const { database, leaseMs } = this.#options;
    const job = await database.jobs.claim(id, fence, leaseMs);
    if (job === null) return;
    const abort = new AbortController();
    const ended = this.#run(job, abort);
    this.#running.set(id, { abort, ended });
    await ended.finally(() => this.#running.delete(id));
  }

  /** Tells a run that its job was cancelled or taken. */
  stop(id: string): void {
    this.#running.get(id)?.abort.abort("lost" satisfies Stop);
  }

  /** Tells all runs to end and gives back what they had begun; waits for them for as long as `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    const running = [...this.#running.values()];
    for (const { abort } of running) abort.abort("closing" satisfies Stop);
    const timer = new AbortController();
    const patience = new Promise((resolve) => {
      const timeout = setTimeout(resolve, graceMs);
      timer.signal.addEventListener("abort", () => clearTimeout(timeout));
    });
    await Promise.race([Promise.allSettled(running.map(({ ended }) => ended)), patience]);
    timer.abort();
  }

  async #run(job: ClaimedJob, abort: AbortController): Promise<void> {
    const { database, kinds, renewMs, leaseMs, services } = this.#options;
    const log = this.#options.log.child({ job: job.id, kind: job.kind, attempt: job.attempt });
    const lose = () => abort.abort("lost" satisfies Stop);
    const writer = new ProgressWriter(async (progress) => {
      if (!(await database.jobs.progress(job, progress))) lose();
    });
    const renewing = setInterval(() => {
      // A database that does not answer may come back before the lease is over.
      database.jobs.renew(job, leaseMs).then(
        (held) => held || lose(),
        () => {},
      );
    }, renewMs);
    const commit: Parameters<JobKind["execute"]>[0]["commit"] = async (work) => {
      const done = await database.jobs.commit(job, work);
      if (done === undefined) {
        lose();
        throw new JobLostError();
      }
      return done.result;
    };
    try {
      const kind = kinds.get(job.kind);
      if (kind === undefined) throw new JobError(`This version has no work of the kind ${job.kind}.`, { final: true });
      log.info("job begun");
      const result = await kind.execute({
        id: job.id,
        input: job.input,
        subject: job.subject,
        attempt: job.attempt,
        checkpoint: job.checkpoint,
        scope: database.organization(job.organizationId),
        services,
        signal: abort.signal,
        log,
        progress: (report) => writer.report(report),
        save: (checkpoint) => commit(async () => ({ result: undefined, checkpoint })),
        commit,
      });
      await writer.end();
      const ours = await database.jobs.finish(job, result);
      log.info(ours ? "job done" : "job was no longer ours when it was done");
    } catch (error) {
      await writer.end();
      await this.#failed(job, error, abort.signal, log);
    } finally {
      clearInterval(renewing);
    }
  }

  async #failed(job: ClaimedJob, error: unknown, signal: AbortSignal, log: Logger): Promise<void> {
    const { database, kinds } = this.#options;
    if (error instanceof JobLostError || (signal.aborted && signal.reason === "lost")) {
      log.info("job was cancelled or taken by another process");
      return;
    }
    if (signal.aborted) {
      await database.jobs.release(job);
      log.info("job given back");
      return;
    }
    const backoff = kinds.get(job.kind)?.backoff ?? { firstMs: 1000, mostMs: 300_000 };
    const final = (error instanceof JobError && error.final) || error instanceof z.ZodError;
    const again = !final && job.failures + 1 < job.maxFailures;
    const retryInMs = again ? Math.min(backoff.mostMs, backoff.firstMs * 2 ** job.failures) : null;
    log.warn({ err: error, retryInMs }, "job failed");
    await database.jobs.fail(job, explain(error), retryInMs);
  }
}

/** What the person reads. Errors that carry a hint were written for them. */
function explain(error: unknown): { message: string; hint: string | null } {
  if (error instanceof JobError) return { message: error.message, hint: error.hint ?? null };
  if (error instanceof z.ZodError) {
    return { message: "What was stored for this job is not what its kind expects.", hint: z.prettifyError(error) };
  }
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof Error && "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
  return { message, hint: hint ?? "The service's log has the details." };
}
