import type { PoolClient } from "pg";
import {
  type BudgetPeriod,
  type BudgetScope,
  budgetPeriods,
  budgetScopes,
  type UsageEvent,
  type UsagePeriod,
} from "./event.ts";

/** The day (`2026-11-20`) or calendar month (`2026-11`) of a moment, UTC. Later ones of a period sort behind. */
export function spanOf(period: BudgetPeriod, at: Date): string {
  return at.toISOString().slice(0, period === "day" ? 10 : 7);
}

/** Whose budgets an event counts against. */
export function subjectsOf(event: Pick<UsageEvent, "organizationId" | "projectId" | "apiKeyId" | "taskId">) {
  const subjects: { scope: BudgetScope; subjectId: string }[] = [
    { scope: "organization", subjectId: event.organizationId },
  ];
  if (event.projectId !== null) subjects.push({ scope: "project", subjectId: event.projectId });
  if (event.apiKeyId !== null) subjects.push({ scope: "key", subjectId: event.apiKeyId });
  if (event.taskId !== null) subjects.push({ scope: "task", subjectId: event.taskId });
  return subjects;
}

/** Adds `fresh` to the totals of their days and months. @returns the totals of everything that `events` count against */
export async function periodTotals(
  client: PoolClient,
  fresh: readonly UsageEvent[],
  events: readonly UsageEvent[],
): Promise<UsagePeriod[]> {
  const added = new Map<string, { row: PeriodRow; requests: number; tokens: number; amount: bigint }>();
  const isFresh = new Set(fresh);
  for (const event of events) {
    for (const period of budgetPeriods) {
      const span = spanOf(period, event.at);
      const start = period === "day" ? span : `${span}-01`;
      for (const { scope, subjectId } of subjectsOf(event)) {
        const key = `${event.organizationId} ${span} ${scope} ${subjectId}`;
        const sum = added.get(key) ?? {
          row: { organization_id: event.organizationId, period, start, scope, subject_id: subjectId },
          ...{ requests: 0, tokens: 0, amount: 0n },
        };
        if (isFresh.has(event)) {
          sum.requests += 1;
          sum.tokens += event.inputTokens + event.outputTokens;
          sum.amount += event.amountPicoUsd;
        }
        added.set(key, sum);
      }
    }
  }
  // In the order of their keys: two processes never wait for each other's rows in a circle.
  const { rows } = await client.query<Record<string, string>>(
    `INSERT INTO usage_period AS u (organization_id, period, start, scope, subject_id, requests, tokens, amount_pico_usd)
     SELECT organization_id, period, start, scope, subject_id, requests, tokens, amount
       FROM json_to_recordset($1::json) AS sent(organization_id uuid, period text, start date, scope text, subject_id uuid,
            requests bigint, tokens bigint, amount numeric)
      ORDER BY 1, 2, 3, 4, 5
     ON CONFLICT (organization_id, period, start, scope, subject_id) DO UPDATE SET requests = u.requests + excluded.requests,
        tokens = u.tokens + excluded.tokens, amount_pico_usd = u.amount_pico_usd + excluded.amount_pico_usd
     RETURNING organization_id, period, to_char(start, 'YYYY-MM-DD') AS start, scope, subject_id, tokens::text,
        amount_pico_usd::text AS amount`,
    [
      JSON.stringify(
        [...added.values()].map(({ row, requests, tokens, amount }) => ({
          ...row,
          requests,
          tokens,
          amount: String(amount),
        })),
      ),
    ],
  );
  return rows.map(usagePeriod);
}

interface PeriodRow {
  readonly organization_id: string;
  readonly period: BudgetPeriod;
  /** Its first day. */
  readonly start: string;
  readonly scope: BudgetScope;
  readonly subject_id: string;
}

function usagePeriod(row: Record<string, string>): UsagePeriod {
  const period = budgetPeriods.find((one) => one === row.period) ?? "month";
  return {
    organizationId: row.organization_id ?? "",
    scope: budgetScopes.find((scope) => scope === row.scope) ?? "organization",
    subjectId: row.subject_id ?? "",
    period,
    span: (row.start ?? "").slice(0, period === "day" ? 10 : 7),
    tokens: BigInt(row.tokens ?? 0),
    amountPicoUsd: BigInt(row.amount ?? 0),
  };
}
