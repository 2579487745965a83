import { type BudgetScope, type BudgetState, monthOf, subjectsOf, type UsageEvent, type UsageMonth } from "@tugboat/db";
import { picoPerMicro } from "./money.ts";

/** Whose budgets a request counts against. */
export type Payer = Pick<UsageEvent, "organizationId" | "projectId" | "apiKeyId">;

export interface BudgetUse {
  readonly scope: BudgetScope;
  readonly subjectId: string;
  /** Of the limit that is closer. */
  readonly unit: "money" | "tokens";
  /** Micro-dollars or tokens. */
  readonly used: bigint;
  readonly limit: bigint;
  /** When the month ends. */
  readonly resetsAt: Date;
}

export type BudgetAnswer =
  | { readonly state: "free" }
  | { readonly state: "warned"; readonly use: BudgetUse }
  | { readonly state: "exceeded"; readonly use: BudgetUse };

interface Counter {
  readonly budget: BudgetState;
  month: string;
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
        // What was read may be older than what a batch was answered with. Within a month totals only grow.
        const last = known?.month === budget.month ? known.stored : { spent: 0n, tokens: 0n };
        const stored = {
          spent: larger(budget.spentPicoUsd, last.spent),
          tokens: larger(budget.usedTokens, last.tokens),
        };
        const counter: Counter = { budget, month: budget.month, stored, waiting: { spent: 0n, tokens: 0n } };
        return [keyOf(budget), counter];
      }),
    );
    for (const event of this.#waiting.values()) this.#wait(event, 1n);
  }

  /** Whether one more request may begin. */
  check(payer: Payer, now: Date): BudgetAnswer {
    let warned: BudgetUse | undefined;
    const month = monthOf(now);
    for (const subject of subjectsOf(payer)) {
      const counter = this.#counters.get(keyOf({ organizationId: payer.organizationId, ...subject }));
      if (counter === undefined) continue;
      if (month > counter.month) startMonth(counter, month);
      const { amountMicroUsd, tokens, warnPercent } = counter.budget;
      const spent = counter.stored.spent + counter.waiting.spent;
      const used = counter.stored.tokens + counter.waiting.tokens;
      const resetsAt = endOfMonth(now);
      if (amountMicroUsd !== null) {
        const use: BudgetUse = {
          ...subject,
          unit: "money",
          used: spent / picoPerMicro,
          limit: amountMicroUsd,
          resetsAt,
        };
        if (spent >= amountMicroUsd * picoPerMicro) return { state: "exceeded", use };
        if (spent * 100n >= amountMicroUsd * picoPerMicro * BigInt(warnPercent)) warned ??= use;
      }
      if (tokens !== null) {
        const use: BudgetUse = { ...subject, unit: "tokens", used, limit: tokens, resetsAt };
        if (used >= tokens) return { state: "exceeded", use };
        if (used * 100n >= tokens * BigInt(warnPercent)) warned ??= use;
      }
    }
    return warned === undefined ? { state: "free" } : { state: "warned", use: warned };
  }

  /** Counts what a request of this process used. */
  finished(event: UsageEvent): void {
    this.#waiting.set(event.id, event);
    this.#wait(event, 1n);
  }

  /** Events are in the database, and this is what it says since. */
  shipped(events: readonly UsageEvent[], months: readonly UsageMonth[]): void {
    for (const { id } of events) {
      const event = this.#waiting.get(id);
      if (event === undefined) continue;
      this.#waiting.delete(id);
      this.#wait(event, -1n);
    }
    for (const { month, tokens, amountPicoUsd, ...subject } of months) {
      const counter = this.#counters.get(keyOf(subject));
      if (counter?.month !== month) continue;
      counter.stored = {
        spent: larger(amountPicoUsd, counter.stored.spent),
        tokens: larger(tokens, counter.stored.tokens),
      };
    }
  }

  #wait(event: UsageEvent, sign: 1n | -1n): void {
    const month = monthOf(event.at);
    for (const subject of subjectsOf(event)) {
      const counter = this.#counters.get(keyOf({ organizationId: event.organizationId, ...subject }));
      if (counter === undefined) continue;
      if (month > counter.month) startMonth(counter, month);
      // An answer that began last month is last month's.
      if (month !== counter.month) continue;
      counter.waiting.spent += sign * event.amountPicoUsd;
      counter.waiting.tokens += sign * BigInt(event.inputTokens + event.outputTokens);
    }
  }
}

function startMonth(counter: Counter, month: string): void {
  counter.month = month;
  counter.stored = { spent: 0n, tokens: 0n };
  counter.waiting = { spent: 0n, tokens: 0n };
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** The first moment of the next calendar month, UTC. */
export function endOfMonth(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
}

function keyOf({ organizationId, scope, subjectId }: Pick<BudgetState, "organizationId" | "scope" | "subjectId">) {
  return `${organizationId}/${scope}/${subjectId}`;
}
