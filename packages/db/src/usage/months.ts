import type { PoolClient } from "pg";
import { type BudgetScope, budgetScopes, type UsageEvent, type UsageMonth } from "./event.ts";

/** The calendar month of a moment, UTC: `2026-11`. */
export function monthOf(at: Date): string {
  return at.toISOString().slice(0, 7);
}

/** Whose budgets an event counts against. */
export function subjectsOf(event: Pick<UsageEvent, "organizationId" | "projectId" | "apiKeyId">) {
  const subjects: { scope: BudgetScope; subjectId: string }[] = [
    { scope: "organization", subjectId: event.organizationId },
  ];
  if (event.projectId !== null) subjects.push({ scope: "project", subjectId: event.projectId });
  if (event.apiKeyId !== null) subjects.push({ scope: "key", subjectId: event.apiKeyId });
  return subjects;
}

/** Adds `fresh` to the totals of their months. @returns the totals of everything that `events` count against */
export async function monthTotals(
  client: PoolClient,
  fresh: readonly UsageEvent[],
  events: readonly UsageEvent[],
): Promise<UsageMonth[]> {
  const added = new Map<string, { row: MonthRow; requests: number; tokens: number; amount: bigint }>();
  const isFresh = new Set(fresh);
  for (const event of events) {
    const month = monthOf(event.at);
    for (const { scope, subjectId } of subjectsOf(event)) {
      const key = `${event.organizationId} ${month} ${scope} ${subjectId}`;
      const sum = added.get(key) ?? {
        row: { organization_id: event.organizationId, month: `${month}-01`, scope, subject_id: subjectId },
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
  // In the order of their keys: two processes never wait for each other's rows in a circle.
  const { rows } = await client.query<Record<string, string>>(
    `INSERT INTO usage_month AS m (organization_id, month, scope, subject_id, requests, tokens, amount_pico_usd)
     SELECT organization_id, month, scope, subject_id, requests, tokens, amount
       FROM json_to_recordset($1::json) AS sent(organization_id uuid, month date, scope text, subject_id uuid,
            requests bigint, tokens bigint, amount numeric)
      ORDER BY 1, 2, 3, 4
     ON CONFLICT (organization_id, month, scope, subject_id) DO UPDATE SET requests = m.requests + excluded.requests,
        tokens = m.tokens + excluded.tokens, amount_pico_usd = m.amount_pico_usd + excluded.amount_pico_usd
     RETURNING organization_id, to_char(month, 'YYYY-MM') AS month, scope, subject_id, tokens::text, amount_pico_usd::text AS amount`,
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
  return rows.map(usageMonth);
}

interface MonthRow {
  readonly organization_id: string;
  readonly month: string;
  readonly scope: BudgetScope;
  readonly subject_id: string;
}

export function usageMonth(row: Record<string, string>): UsageMonth {
  return {
    organizationId: row.organization_id ?? "",
    month: row.month ?? "",
    scope: budgetScopes.find((scope) => scope === row.scope) ?? "organization",
    subjectId: row.subject_id ?? "",
    tokens: BigInt(row.tokens ?? 0),
    amountPicoUsd: BigInt(row.amount ?? 0),
  };
}
