import {
  type BudgetPeriod,
  type BudgetScope,
  type BudgetState,
  budgetPeriods,
  spanOf,
  subjectsOf,
  type UsageEvent,
  type UsagePeriod,
} from "@tugboat/db";
import { picoPerMicro } from "./money.ts";

/** Whose budgets a request counts against. */
export type Payer = Pick<UsageEvent, "organizationId" | "projectId" | "apiKeyId" | "taskId">;

export interface BudgetUse {
  readonly scope: BudgetScope;
  readonly subjectId: string;
  readonly period: BudgetPeriod;
  /** Of the limit that is closer. */
  readonly unit: "money" | "tokens";
  /** Micro-dollars or tokens. */
  readonly used: bigint;
  readonly limit: bigint;
  /** When the day or month ends. */
  readonly resetsAt: Date;
}

export type BudgetAnswer =
  | { readonly state: "free" }
  | { readonly state: "warned"; readonly use: BudgetUse }
  | { readonly state: "exceeded"; readonly use: BudgetUse };

interface Counter {
  readonly budget: BudgetState;
  /** Which day or month is counted. */
  span: string;
  /** What the database last told, over all processes. */
  stored: { spent: bigint; tokens: bigint };
  /** Of this process, not in the database yet. */
  waiting: { spent: bigint; tokens: bigint };
}

/**
 * What of each budget is used up, in memory. It knows at once what this process finished, and what other processes
 * finished as soon as the database has told: so an organization's budget can be overdrawn by what runs when it ends, and
 * by what the other processes finished since they were last asked. It is never underestimated for longer.
 */
export class BudgetCounters {
  #counters = new Map<string, Counter>();
  /** Events of this process that are not in the database yet. */
  readonly #waiting = new Map<string, UsageEvent>();

  /** Takes what the database says of every budget. */
  replace(budgets: readonly BudgetState[]): void {
    this.#counters = new Map(
      budgets.map((budget) => {
        const known = this.#counters.get(keyOf(budget));
        // What was read may be older than what a batch was answered with, or than this process's day. Within a day or
        // a month totals only grow.
        const span = known !== undefined && known.span > budget.span ? known.span : budget.span;
        const read = span === budget.span ? { spent: budget.spentPicoUsd, tokens: budget.usedTokens } : nothing;
        const last = known?.span === span ? known.stored : nothing;
        const stored = { spent: larger(read.spent, last.spent), tokens: larger(read.tokens, last.tokens) };
        const counter: Counter = { budget, span, stored, waiting: { ...nothing } };
        return [keyOf(budget), counter];
      }),
    );
    for (const event of this.#waiting.values()) this.#wait(event, 1n);
  }

  /** Whether one more request may begin. Of several budgets that are used up it names the one that ends last. */
  check(payer: Payer, now: Date): BudgetAnswer {
    let warned: BudgetUse | undefined;
    let exceeded: BudgetUse | undefined;
    for (const counter of this.#of(payer)) {
      const span = spanOf(counter.budget.period, now);
      if (span > counter.span) begin(counter, span);
      for (const { share, use } of usesOf(counter, now)) {
        if (share === "all" && (exceeded === undefined || use.resetsAt > exceeded.resetsAt)) exceeded = use;
        if (share === "much") warned ??= use;
      }
    }
    if (exceeded !== undefined) return { state: "exceeded", use: exceeded };
    return warned === undefined ? { state: "free" } : { state: "warned", use: warned };
  }

  /** Counts what a request of this process used. */
  finished(event: UsageEvent): void {
    this.#waiting.set(event.id, event);
    this.#wait(event, 1n);
  }

  /** Events are in the database, and this is what it says since. */
  shipped(events: readonly UsageEvent[], periods: readonly UsagePeriod[]): void {
    for (const { id } of events) {
      const event = this.#waiting.get(id);
      if (event === undefined) continue;
      this.#waiting.delete(id);
      this.#wait(event, -1n);
    }
    for (const { amountPicoUsd, span, tokens, ...subject } of periods) {
      const counter = this.#counters.get(keyOf(subject));
      if (counter?.span !== span) continue;
      counter.stored = {
        spent: larger(amountPicoUsd, counter.stored.spent),
        tokens: larger(tokens, counter.stored.tokens),
      };
    }
  }

  #wait(event: UsageEvent, sign: 1n | -1n): void {
    for (const counter of this.#of(event)) {
      const span = spanOf(counter.budget.period, event.at);
      if (span > counter.span) begin(counter, span);
      // An answer that began yesterday is yesterday's.
      if (span !== counter.span) continue;
      counter.waiting.spent += sign * event.amountPicoUsd;
      counter.waiting.tokens += sign * BigInt(event.inputTokens + event.outputTokens);
    }
  }

  /** The counters that a request counts in. */
  *#of(payer: Payer): Generator<Counter> {
    const { organizationId } = payer;
    for (const subject of subjectsOf(payer)) {
      for (const period of budgetPeriods) {
        const counter = this.#counters.get(keyOf({ organizationId, period, ...subject }));
        if (counter !== undefined) yield counter;
      }
    }
  }
}

const nothing = { spent: 0n, tokens: 0n } as const;

interface LimitUse {
  readonly use: BudgetUse;
  /** `much`: enough to warn. */
  readonly share: "some" | "much" | "all";
}

/** What is used of each of a budget's limits. */
function* usesOf({ budget, stored, waiting }: Counter, now: Date): Generator<LimitUse> {
  const { amountMicroUsd, period, scope, subjectId, tokens, warnPercent } = budget;
  const resetsAt = endOf(period, now);
  const of = (unit: BudgetUse["unit"], used: bigint, limit: bigint, per: bigint): LimitUse => {
    const warns = used * 100n >= limit * per * BigInt(warnPercent);
    const use = { scope, subjectId, period, unit, used: used / per, limit, resetsAt };
    return { use, share: used >= limit * per ? "all" : warns ? "much" : "some" };
  };
  if (amountMicroUsd !== null) yield of("money", stored.spent + waiting.spent, amountMicroUsd, picoPerMicro);
  if (tokens !== null) yield of("tokens", stored.tokens + waiting.tokens, tokens, 1n);
}

function begin(counter: Counter, span: string): void {
  counter.span = span;
  counter.stored = { ...nothing };
  counter.waiting = { ...nothing };
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** The first moment of the next day or calendar month, UTC. */
export function endOf(period: BudgetPeriod, now: Date): Date {
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  return new Date(period === "day" ? Date.UTC(year, month, now.getUTCDate() + 1) : Date.UTC(year, month + 1, 1));
}

type Subject = Pick<BudgetState, "organizationId" | "scope" | "subjectId" | "period">;

function keyOf({ organizationId, period, scope, subjectId }: Subject): string {
  return `${organizationId}/${scope}/${subjectId}/${period}`;
}
