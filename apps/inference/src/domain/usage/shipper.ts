import { appendFile } from "node:fs/promises";
import type { MeteringStore, UsageEvent, UsagePeriod } from "@tugboat/db";
import { decodeLine } from "./event-line.ts";
import type { Journal, Segment } from "./journal.ts";
import { foldEvents } from "./rollup.ts";

export interface ShipperHooks {
  /** A batch is in the database; `periods` are the totals there of the days and months that it counts against. */
  readonly onShipped: (events: readonly UsageEvent[], periods: readonly UsagePeriod[]) => void;
  /** Something that a person must look at: what it is, with facts. */
  readonly onAlarm: (message: string, facts: object) => void;
  readonly onWarning: (message: string, error: unknown) => void;
}

const batchBytes = 2 * 2 ** 20;
/** Events that come within this time go together: one transaction for many requests keeps the edge free for the next. */
const lingerMs = 200;
const firstRetryMs = 100;
const lastRetryMs = 5_000;

/** Takes what is in the journal to the database, in order, for as long as it takes. */
export class Shipper {
  readonly #journal: Journal;
  readonly #store: Pick<MeteringStore, "ingest">;
  readonly #asidePath: string;
  readonly #hooks: ShipperHooks;
  #running: Promise<void> | undefined;
  #stopping = false;
  #wake: () => void = () => {};

  /** @param asidePath where lines go that the database can't take */
  constructor(journal: Journal, store: Pick<MeteringStore, "ingest">, asidePath: string, hooks: ShipperHooks) {
    this.#journal = journal;
    this.#store = store;
    this.#asidePath = asidePath;
    this.#hooks = hooks;
    journal.onDurable = () => this.#start(lingerMs);
    this.#start(0);
  }

  /** Ships what has finished until now. @returns whether all of it is in the database */
  async flush(patienceMs: number): Promise<boolean> {
    const until = performance.now() + patienceMs;
    await this.#journal.written();
    while (this.#journal.backlog > 0 && performance.now() < until) {
      this.#start(0);
      this.#wake();
      await Promise.race([this.#running, pause(Math.max(1, until - performance.now()))]);
    }
    return this.#journal.backlog === 0;
  }

  /** Ships what can be shipped in the time; the rest stays in the journal for the next start. */
  async close(patienceMs: number): Promise<void> {
    await this.flush(patienceMs);
    this.#stopping = true;
    this.#wake();
    await this.#running;
  }

  #start(lingerFor: number): void {
    if (this.#stopping) return;
    this.#running ??= this.#run(lingerFor);
  }

  async #run(lingerFor: number): Promise<void> {
    let retryMs = firstRetryMs;
    // Also without time to linger, so that `#running` is set before it is cleared.
    await this.#sleep(lingerFor);
    while (!this.#stopping && this.#journal.backlog > 0) {
      try {
        const part = await this.#journal.next(batchBytes);
        if (part === undefined) break;
        await this.#ingest(await this.#decode(part.text, part.segment));
        await this.#journal.shipped(part.segment, part.end);
        retryMs = firstRetryMs;
      } catch (error) {
        if (retryMs === firstRetryMs) {
          this.#hooks.onWarning("usage waits in the journal: the database does not take it", error);
        }
        await this.#sleep(retryMs);
        retryMs = Math.min(lastRetryMs, retryMs * 2);
      }
    }
    // In the same turn as the last look at the backlog: what becomes durable after it starts a new round.
    this.#running = undefined;
  }

  async #decode(text: string, segment: Segment): Promise<UsageEvent[]> {
    const events: UsageEvent[] = [];
    const lines = text.split("\n");
    const cutOff = lines.pop() ?? "";
    for (const line of lines) {
      const event = decodeLine(line);
      if (event !== undefined) events.push(event);
      else await this.#putAside(line, "a line of the usage journal is damaged", { file: segment.path });
    }
    if (cutOff !== "") this.#hooks.onWarning("the usage journal ends in a line that a crash cut off", undefined);
    return events;
  }

  /** @throws when the database can't be reached; what it refuses is put aside, alone */
  async #ingest(events: readonly UsageEvent[]): Promise<void> {
    if (events.length === 0) return;
    try {
      const { conflicts, periods } = await this.#store.ingest(events, foldEvents);
      if (conflicts.length > 0) {
        this.#hooks.onAlarm("usage events came again with another content; the first ones stay", { ids: conflicts });
      }
      this.#hooks.onShipped(events, periods);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const [only, ...others] = events;
      if (only === undefined) return;
      if (others.length === 0) {
        const line = JSON.stringify({ ...only, amountPicoUsd: String(only.amountPicoUsd) });
        return this.#putAside(line, "the database refuses a usage event", { id: only.id, err: error });
      }
      const half = Math.ceil(events.length / 2);
      await this.#ingest(events.slice(0, half));
      await this.#ingest(events.slice(half));
    }
  }

  async #putAside(line: string, message: string, facts: object): Promise<void> {
    await appendFile(this.#asidePath, `${line}\n`, { mode: 0o600 });
    this.#hooks.onAlarm(message, { ...facts, keptIn: this.#asidePath });
  }

  #sleep(ms: number): Promise<void> {
    if (ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Whether the database understood and said no: data exceptions and violated constraints (SQLSTATE 22, 23). */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && /^2[23]/.test(error.code);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
