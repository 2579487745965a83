import { join } from "node:path";
import type { MeteringStore, UsageEvent, UsageStatus } from "@tugboat/db";
import type { Logger } from "pino";
import { type BudgetAnswer, BudgetCounters, type Payer } from "../billing/budget-counters.ts";
import { batchPrice } from "../billing/price.ts";
import { PriceCache } from "../billing/price-cache.ts";
import { encodeLine } from "./event-line.ts";
import { Journal } from "./journal.ts";
import { timeOfRequestId } from "./request-id.ts";
import { foldEvents, foldHours } from "./rollup.ts";
import { Shipper } from "./shipper.ts";

/** What is known of a request when it begins. */
export interface RequestFacts extends Payer {
  /** A UUIDv7: the usage event's id. */
  readonly id: string;
  readonly userId: string | null;
  /** As the client knows it. */
  readonly requestId: string;
  readonly kind: string;
  /** As asked for. */
  readonly model: string;
}

/** What is known when it has ended, however it ended. Times are in ms. */
export interface Outcome {
  readonly status: UsageStatus;
  /** What served it; undefined: what was asked for. */
  readonly target?: string | undefined;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly estimated?: boolean;
  readonly ttftMs?: number | undefined;
  readonly itlMs?: number | undefined;
  readonly queueMs?: number | undefined;
  /** In which the machine computed it: prefill and decode. */
  readonly computeMs?: number | undefined;
  readonly durationMs: number;
}

export interface Settled {
  readonly event: UsageEvent;
  /** Resolves when the event can't be lost any more. It never rejects. */
  readonly durable: Promise<void>;
}

/** What the edge needs of metering. */
export interface Meter {
  /** Whether a request may begin. */
  admit(payer: Payer): BudgetAnswer;
  /** False while neither the journal nor the database takes events: then nothing may begin that can't be accounted for. */
  readonly healthy: boolean;
  /** Records a finished request: once, whatever happens afterwards. */
  settle(facts: RequestFacts, outcome: Outcome): Settled;
}

const syncEveryMs = 2_000;
const compactEveryMs = 60_000;
/** Rows of one hour beyond one for each of its dimensions. */
const crowded = 32;
const closeWithinMs = 5_000;
const dayMs = 86_400_000;

/** The meter of a process: journal, prices and budgets in memory, and what takes events to the database. */
export class UsageMeter implements Meter {
  readonly prices = new PriceCache();
  readonly budgets = new BudgetCounters();
  readonly #journal: Journal;
  readonly #shipper: Shipper;
  readonly #store: MeteringStore;
  readonly #log: Logger;
  readonly #timers: NodeJS.Timeout[] = [];
  #syncing: Promise<void> | undefined;
  /** Events that neither took. */
  readonly #homeless = new Set<UsageEvent>();

  private constructor(journal: Journal, store: MeteringStore, folder: string, log: Logger) {
    this.#journal = journal;
    this.#store = store;
    this.#log = log;
    this.#shipper = new Shipper(journal, store, join(folder, "refused.jsonl"), {
      onShipped: (events, periods) => this.budgets.shipped(events, periods),
      onAlarm: (message, facts) => log.error(facts, message),
      onWarning: (message, err) => log.warn({ err }, message),
    });
  }

  /**
   * Opens the journal in `folder` and takes what an earlier process left there to the database.
   * @throws when prices and budgets can't be read
   */
  static async open(folder: string, store: MeteringStore, log: Logger): Promise<UsageMeter> {
    const meter = new UsageMeter(await Journal.open(folder), store, folder, log);
    if (!(await meter.#shipper.flush(closeWithinMs))) log.warn("usage of an earlier run still waits in the journal");
    await meter.refresh();
    store.watch({
      onChange: () => void meter.#refreshQuietly(),
      onListening: (listening) => void (listening && meter.#refreshQuietly()),
    });
    meter.#timers.push(
      setInterval(() => void meter.#refreshQuietly(), syncEveryMs).unref(),
      setInterval(() => void meter.#compact(), compactEveryMs).unref(),
    );
    return meter;
  }

  get healthy(): boolean {
    return this.#homeless.size === 0;
  }

  admit(payer: Payer): BudgetAnswer {
    return this.budgets.check(payer, new Date());
  }

  settle(facts: RequestFacts, outcome: Outcome): Settled {
    const event = this.priced(facts, outcome);
    this.budgets.finished(event);
    return { event, durable: this.#keep(event) };
  }

  /** Reads prices and budgets again. A second caller while one reads waits for a reading that begins after its call. */
  async refresh(): Promise<void> {
    await this.#syncing?.catch(() => {});
    this.#syncing ??= this.#read().finally(() => {
      this.#syncing = undefined;
    });
    await this.#syncing;
  }

  /** Waits until what has finished is in the database. @returns whether it is */
  flush(patienceMs: number): Promise<boolean> {
    return this.#shipper.flush(patienceMs);
  }

  /** Ends it; what could not be shipped in time stays in the journal. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#syncing?.catch(() => {});
    await this.#shipper.close(closeWithinMs);
    await this.#journal.close();
  }

  /** A finished request with what it costs, not recorded. */
  priced(facts: RequestFacts, outcome: Outcome): UsageEvent {
    const inputTokens = whole(outcome.inputTokens);
    const used = {
      inputTokens,
      cachedTokens: Math.min(inputTokens, whole(outcome.cachedTokens)),
      outputTokens: whole(outcome.outputTokens),
      computeUs: micros(outcome.computeMs),
    };
    const at = timeOfRequestId(facts.id);
    const target = outcome.target ?? facts.model;
    const names = { model: facts.model, target };
    const { priceBookId, priced } = this.prices.price(facts.organizationId, at, names, used);
    return {
      id: facts.id,
      at,
      organizationId: facts.organizationId,
      projectId: facts.projectId,
      apiKeyId: facts.apiKeyId,
      userId: facts.userId,
      taskId: facts.taskId,
      requestId: facts.requestId,
      kind: facts.kind,
      ...names,
      status: outcome.status,
      ...used,
      estimated: outcome.estimated ?? false,
      ttftUs: micros(outcome.ttftMs),
      itlUs: micros(outcome.itlMs),
      queueUs: micros(outcome.queueMs),
      durationUs: micros(outcome.durationMs) ?? 0,
      priceBookId,
      amountPicoUsd: facts.kind === "batch" ? batchPrice(priced.total) : priced.total,
    };
  }

  async #keep(event: UsageEvent): Promise<void> {
    try {
      await this.#journal.append(encodeLine(event));
      this.#homeless.delete(event);
    } catch (err) {
      this.#log.error(
        { err, id: event.id },
        "the usage journal can't be written; the event goes to the database alone",
      );
      this.#homeless.add(event);
      await this.#keepInDatabase(event);
    }
  }

  /** Tries for as long as it takes, but lets the answer go after the first failure: nothing new begins until it is done. */
  async #keepInDatabase(event: UsageEvent): Promise<void> {
    try {
      const { periods } = await this.#store.ingest([event], foldEvents);
      this.#homeless.delete(event);
      this.budgets.shipped([event], periods);
    } catch (err) {
      this.#log.error({ err, id: event.id }, "a usage event is in memory alone; no request begins until it is stored");
      setTimeout(() => void this.#keep(event), 1_000);
    }
  }

  async #read(): Promise<void> {
    const [budgets, books] = await Promise.all([this.#store.budgets(), this.#store.priceBooks()]);
    this.prices.replace(books);
    this.budgets.replace(budgets);
  }

  async #refreshQuietly(): Promise<void> {
    await this.refresh().catch((err: unknown) => this.#log.debug({ err }, "budgets and prices could not be read"));
  }

  async #compact(): Promise<void> {
    const today = new Date(Math.floor(Date.now() / dayMs) * dayMs);
    try {
      await this.#store.compact(foldHours, crowded);
      await this.#store.foldDays(foldHours, today);
    } catch (err) {
      this.#log.debug({ err }, "no compaction");
    }
  }
}

/** What a count can be, whatever an upstream told. */
function whole(count: number): number {
  return Number.isFinite(count) ? Math.min(2_147_483_647, Math.max(0, Math.trunc(count))) : 0;
}

/** Whole microseconds of ms; null where nothing was measured. */
function micros(ms: number | undefined): number | null {
  if (ms === undefined || !Number.isFinite(ms)) return null;
  return Math.max(0, Math.round(ms * 1000));
}
