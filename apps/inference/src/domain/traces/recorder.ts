import type { KeptTrace, TraceStore } from "@tugboat/db";
import type { Logger } from "pino";
import { type EndedRequest, keptTrace } from "./kept.ts";
import { policyOf, type TracePolicies, tracePolicies } from "./policy.ts";

/** What the edge needs of tracing. */
export interface Tracer {
  /** Takes a request that has ended. Returns at once, and never fails. */
  record(request: EndedRequest, operation: string): void;
}

const flushEveryMs = 400;
const retryMs = 2_000;
const batch = 250;
/** Beyond so many that wait, new ones are dropped: traces never take the memory that requests need. */
const mostWaiting = 5_000;
const policiesEveryMs = 5_000;
const cleanEveryMs = 3_600_000;
const firstCleanMs = 120_000;
const dayMs = 86_400_000;

export interface RecorderOptions {
  /** Told of what was stored, to send it on. */
  readonly onStored?: (traces: readonly KeptTrace[]) => void;
  /** Whether this process deletes what is old. */
  readonly cleans: boolean;
}

/** Writes traces in batches, after their answers are gone. */
export class TraceRecorder implements Tracer {
  readonly #store: TraceStore;
  readonly #log: Logger;
  readonly #options: RecorderOptions;
  #waiting: { readonly request: EndedRequest; readonly operation: string }[] = [];
  #policies = new Map<string, TracePolicies>();
  #writing: Promise<boolean> | undefined;
  #reading: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  #closed = false;
  /** Traces that were not kept, because the database was away or slow for long. */
  dropped = 0;
  recorded = 0;

  private constructor(store: TraceStore, log: Logger, options: RecorderOptions) {
    this.#store = store;
    this.#log = log;
    this.#options = options;
  }

  static async open(store: TraceStore, log: Logger, options: RecorderOptions): Promise<TraceRecorder> {
    const recorder = new TraceRecorder(store, log, options);
    await recorder.refresh();
    recorder.#timers.push(setInterval(() => void recorder.#refreshQuietly(), policiesEveryMs).unref());
    if (options.cleans) {
      const clean = () =>
        void recorder.clean(new Date()).catch((err: unknown) => log.warn({ err }, "old traces were not deleted"));
      recorder.#timers.push(setTimeout(clean, firstCleanMs).unref(), setInterval(clean, cleanEveryMs).unref());
    }
    return recorder;
  }

  record(request: EndedRequest, operation: string): void {
    if (this.#closed) return;
    if (this.#waiting.length >= mostWaiting) {
      this.dropped += 1;
      if (this.dropped % 1000 === 1)
        this.#log.warn({ dropped: this.dropped }, "traces are dropped: they come faster than they are written");
      return;
    }
    this.#waiting.push({ request, operation });
    this.#timer ??= setTimeout(() => void this.flush(), flushEveryMs).unref();
  }

  /** Reads the policies again. */
  async refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  /** Waits until what has ended is in the database, or it is found to be away. It never rejects. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#waiting.length > 0 || this.#writing !== undefined) {
      this.#writing ??= this.#write().finally(() => {
        this.#writing = undefined;
      });
      if (await this.#writing) continue;
      if (!this.#closed) this.#timer ??= setTimeout(() => void this.flush(), retryMs).unref();
      return;
    }
  }

  /** Deletes what is older than its project keeps it. @returns how many traces */
  async clean(now: Date): Promise<number> {
    const before = (days: number) => new Date(now.getTime() - days * dayMs);
    let removed = 0;
    for (const { organizationId, projectId } of await this.#store.olderThan(before(1))) {
      const { retentionDays } = policyOf(this.#policies.get(organizationId), projectId);
      removed += await this.#store.removeBefore(organizationId, projectId, before(retentionDays));
    }
    const kept = [...this.#policies.values()].flatMap(({ projects, usual }) => [usual, ...Object.values(projects)]);
    const longest = Math.max(30, ...kept.map(({ retentionDays }) => retentionDays));
    const days = await this.#store.dropDaysBefore(before(longest + 1));
    if (removed > 0 || days.length > 0) this.#log.info({ removed, days }, "old traces deleted");
    return removed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.flush();
  }

  async #read(): Promise<void> {
    const rows = await this.#store.policies();
    this.#policies = new Map(
      rows.flatMap(({ organizationId, value }) => {
        const parsed = tracePolicies.safeParse(value);
        return parsed.success ? [[organizationId, parsed.data] as const] : [];
      }),
    );
  }

  async #refreshQuietly(): Promise<void> {
    await this.refresh().catch((err: unknown) => this.#log.debug({ err }, "policies of traces could not be read"));
  }

  /** @returns false when the database is away */
  async #write(): Promise<boolean> {
    const part = this.#waiting.splice(0, batch);
    if (part.length === 0) return true;
    const kept = part.flatMap(({ operation, request }) => {
      try {
        return [keptTrace(request, operation, policyOf(this.#policies.get(request.organizationId), request.projectId))];
      } catch (err) {
        this.#log.error({ err, id: request.id }, "a trace could not be made");
        return [];
      }
    });
    if (await this.#keep(kept)) return true;
    this.#waiting.unshift(...part);
    return false;
  }

  /** @returns false when the database is away */
  async #keep(kept: readonly KeptTrace[]): Promise<boolean> {
    if (kept.length === 0) return true;
    try {
      await this.#store.write(kept);
    } catch (err) {
      if (!isRefusal(err)) {
        this.#log.debug({ err }, "traces wait for the database");
        return false;
      }
      // One that the database refuses must not take the others with it.
      const half = Math.ceil(kept.length / 2);
      if (kept.length > 1) return (await this.#keep(kept.slice(0, half))) && (await this.#keep(kept.slice(half)));
      this.dropped += 1;
      this.#log.warn({ err, id: kept[0]?.trace.id }, "a trace was not stored");
      return true;
    }
    this.recorded += kept.length;
    this.#options.onStored?.(kept);
    return true;
  }
}

/** Whether the database understood and said no: data exceptions and violated constraints (SQLSTATE 22, 23). */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && /^2[23]/.test(error.code);
}
