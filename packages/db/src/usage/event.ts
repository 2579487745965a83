export const usageStatuses = ["done", "aborted", "error"] as const;
export type UsageStatus = (typeof usageStatuses)[number];

/** What one finished request used and cost, as the database keeps it. Times are whole microseconds. */
export interface UsageEvent {
  /** A UUIDv7: the request's. */
  readonly id: string;
  /** The moment inside the id. */
  readonly at: Date;
  readonly organizationId: string;
  readonly projectId: string | null;
  readonly apiKeyId: string | null;
  readonly userId: string | null;
  /** The task that was called, or whose plan's step this is. */
  readonly taskId: string | null;
  /** As the client knows it. */
  readonly requestId: string;
  readonly kind: string;
  /** As asked for. */
  readonly model: string;
  /** What served it. */
  readonly target: string;
  readonly status: UsageStatus;
  /** Cached ones included. */
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** The tokens were counted here, because an upstream told none. */
  readonly estimated: boolean;
  readonly ttftUs: number | null;
  readonly itlUs: number | null;
  readonly queueUs: number | null;
  readonly computeUs: number | null;
  readonly durationUs: number;
  readonly priceBookId: string | null;
  /** Pico-dollars, exact. */
  readonly amountPicoUsd: bigint;
}

/** What of an event its sums are kept by. */
export type UsageDimensions = Pick<
  UsageEvent,
  "organizationId" | "projectId" | "apiKeyId" | "userId" | "kind" | "model" | "target"
>;

/** Sums over events of one hour with the same dimensions. */
export interface UsageHour extends UsageDimensions {
  /** The hour's beginning, UTC. */
  readonly hour: Date;
  readonly requests: number;
  readonly failed: number;
  readonly aborted: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly amountPicoUsd: bigint;
  /** Encoded sketches of microseconds. */
  readonly ttft: Uint8Array;
  readonly itl: Uint8Array;
  readonly queue: Uint8Array;
  readonly duration: Uint8Array;
}

export const budgetScopes = ["key", "project", "organization", "task"] as const;
export type BudgetScope = (typeof budgetScopes)[number];

/** By the calendar, UTC. */
export const budgetPeriods = ["day", "month"] as const;
export type BudgetPeriod = (typeof budgetPeriods)[number];

/** What a key, a project, an organization or a task used in a day or a month. */
export interface UsagePeriod {
  readonly organizationId: string;
  readonly scope: BudgetScope;
  readonly subjectId: string;
  readonly period: BudgetPeriod;
  /** Which one: `2026-11-20` of days, `2026-11` of months, UTC. */
  readonly span: string;
  readonly tokens: bigint;
  readonly amountPicoUsd: bigint;
}
