import type { UsageEvent, UsageStatus } from "@tugboat/db";
import type { Context } from "hono";
import type { BudgetUse, Payer } from "../domain/billing/budget-counters.ts";
import { dollars, microUsdText } from "../domain/billing/money.ts";
import type { Meter, Outcome, RequestFacts, Settled } from "../domain/usage/meter.ts";
import { nameOf, type ServedBy } from "../routing/target.ts";
import { ApiError } from "./errors.ts";
import type { ModelCaller } from "./trpc/context.ts";
import type { EdgeVariables } from "./types.ts";

/** What of an answer is accounted for, whoever gave it. Times are in ms. */
export interface Used {
  readonly usage: {
    /** Cached ones included. */
    readonly promptTokens: number;
    readonly completionTokens: number;
    readonly cachedTokens: number;
  };
  readonly timings?:
    | {
        readonly queueMs: number;
        readonly prefillMs: number;
        readonly ttftMs: number;
        readonly decodeMs: number;
      }
    | undefined;
  readonly usageEstimated?: boolean;
}

/** The metering of one request: begun once it may begin, settled once it has ended. */
export class Metering {
  readonly #meter: Meter;
  readonly #facts: RequestFacts;
  #settled: Settled | undefined;
  private constructor(meter: Meter, facts: RequestFacts) {
    this.#meter = meter;
    this.#facts = facts;
  }

  /**
   * @param tell sets a header of the answer
   * @throws ApiError 429 when a budget is used up, 503 when nothing can be accounted for
   */
  static begin(
    meter: Meter,
    caller: ModelCaller | undefined,
    request: Pick<RequestFacts, "id" | "requestId" | "kind" | "model" | "taskId">,
    tell: (name: string, value: string) => void,
  ): Metering | undefined {
    const payer = payerOf(caller);
    if (payer === undefined) return undefined;
    Metering.admit(meter, { ...payer, taskId: request.taskId }, tell);
    // What a person does in the console is told apart from what programs do.
    const kind = caller?.kind === "member" ? "playground" : request.kind;
    return new Metering(meter, { ...payer, ...request, kind });
  }

  /**
   * Whether one more request may begin; nothing is accounted for yet.
   * @param tell sets a header of the answer
   * @throws ApiError 429 when a budget is used up, 503 when nothing can be accounted for
   */
  static admit(meter: Meter, payer: Payer, tell: (name: string, value: string) => void): void {
    if (!meter.healthy) {
      const message = "Usage can't be recorded just now, so nothing is served. Try again in a moment.";
      throw new ApiError(503, "service_unavailable_error", "metering_unavailable", message, {
        headers: { "retry-after": "5" },
      });
    }
    const answer = meter.admit(payer);
    if (answer.state === "exceeded") throw exceeded(answer.use);
    if (answer.state === "warned") tell("x-tugboat-budget-warning", inWords(answer.use));
  }

  /** What was recorded; undefined until it has ended. */
  get event(): UsageEvent | undefined {
    return this.#settled?.event;
  }

  get settled(): boolean {
    return this.#settled !== undefined;
  }

  /** Records what was used; a second time changes nothing. */
  settle(status: UsageStatus, used: Used | undefined, served: ServedBy | undefined, durationMs: number): Settled {
    this.#settled ??= this.#meter.settle(this.#facts, outcomeOf(status, used, served, durationMs));
    return this.#settled;
  }
}

function outcomeOf(
  status: UsageStatus,
  used: Used | undefined,
  served: ServedBy | undefined,
  durationMs: number,
): Outcome {
  const { usage, timings, usageEstimated: estimated = false } = used ?? {};
  const gaps = (usage?.completionTokens ?? 0) - 1;
  return {
    status,
    target: served && nameOf(served.target),
    inputTokens: usage?.promptTokens ?? 0,
    cachedTokens: usage?.cachedTokens ?? 0,
    outputTokens: usage?.completionTokens ?? 0,
    estimated,
    ttftMs: timings?.ttftMs,
    itlMs: timings && gaps > 0 && timings.decodeMs > 0 ? timings.decodeMs / gaps : undefined,
    queueMs: timings?.queueMs,
    // What another machine computes takes none of this one's time.
    computeMs: timings && served?.target.kind === "model" ? timings.prefillMs + timings.decodeMs : undefined,
    durationMs,
  };
}

/**
 * Begins to account for a call that is well formed and may be made; a second time does nothing.
 * @param taskId of the task that is called, or whose plan's step this is
 * @throws ApiError 429 `budget_exceeded`, 503
 */
export function meterCall(
  c: Context<EdgeVariables>,
  meter: Meter | undefined,
  kind: string,
  model: string,
  taskId: string | null = null,
): void {
  const call = c.get("call");
  if (meter === undefined || call.metering !== undefined) return;
  const { id, requestId } = call;
  const facts = { id, requestId, kind: call.work?.kind ?? kind, model, taskId };
  call.metering = Metering.begin(meter, call.caller, facts, (name, value) => c.header(name, value));
}

/** What an answer says of its cost, beside what OpenAI's say. */
export function costOf({ event }: Settled) {
  const cost = microUsdText(event.amountPicoUsd);
  return {
    header: { "x-tugboat-cost-microusd": cost },
    field: { tugboat: { request_id: event.id, cost_micro_usd: Number(cost) } },
  };
}

/** In whose name a request is made; undefined where nobody is known. */
export function payerOf(caller: ModelCaller | undefined) {
  if (caller?.kind === "key") {
    const { organizationId, projectId, keyId: apiKeyId } = caller;
    return { organizationId, projectId, apiKeyId, userId: null };
  }
  if (caller?.kind === "job") {
    return { organizationId: caller.organizationId, projectId: null, apiKeyId: null, userId: caller.userId };
  }
  if (caller?.organization === undefined) return undefined;
  return { organizationId: caller.organization.id, projectId: null, apiKeyId: null, userId: caller.userId };
}

/**
 * Looks whether a task may be called before its plan begins: its steps are accounted for one by one.
 * @throws ApiError 429 `budget_exceeded`, 503
 */
export function admitTask(c: Context<EdgeVariables>, meter: Meter | undefined, taskId: string): void {
  const payer = payerOf(c.get("call").caller);
  if (meter === undefined || payer === undefined) return;
  Metering.admit(meter, { ...payer, taskId }, (name, value) => c.header(name, value));
}

const whose = {
  key: "This API key",
  project: "This key's project",
  organization: "This organization",
  task: "This task",
} as const;

function exceeded(use: BudgetUse): ApiError {
  const limit = use.unit === "money" ? dollars(use.limit) : `${use.limit} tokens`;
  const until = use.resetsAt.toISOString();
  const message = `${whose[use.scope]} may use ${limit} a ${use.period}, and has. The budget begins anew at ${until}; someone who manages budgets can raise it now.`;
  const seconds = Math.max(1, Math.ceil((use.resetsAt.getTime() - Date.now()) / 1000));
  // The official clients would repeat a 429 by themselves, in vain.
  const headers = { "retry-after": String(seconds), "x-should-retry": "false" };
  return new ApiError(429, "insufficient_quota", "budget_exceeded", message, { headers });
}

function inWords({ scope, period, unit, used, limit, resetsAt }: BudgetUse): string {
  const percent = limit === 0n ? 100n : (used * 100n) / limit;
  const of = unit === "money" ? dollars(limit) : `${limit} tokens`;
  return `${percent} % of the ${scope}'s ${of} a ${period} are used; resets ${resetsAt.toISOString()}`;
}
