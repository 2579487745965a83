import type { Pool } from "pg";
import { type Db, inTransaction } from "../client.ts";
import { DatabaseError } from "../errors.ts";
import { Prisma } from "../generated/client.ts";
import { isId } from "../id.ts";
import { type BudgetPeriod, type BudgetScope, budgetPeriods, budgetScopes } from "../usage/event.ts";
import { checkVersion, nextVersion } from "../versions.ts";

export interface BudgetInfo {
  readonly id: string;
  readonly scope: BudgetScope;
  readonly subjectId: string;
  readonly period: BudgetPeriod;
  /** A day or a month; null is without limit. */
  readonly amountMicroUsd: bigint | null;
  readonly tokens: bigint | null;
  readonly warnPercent: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A budget with what was used of it in the day or month that runs. */
export interface BudgetState extends BudgetInfo {
  readonly organizationId: string;
  /** Which day or month: `2026-11-20` or `2026-11`, UTC. */
  readonly span: string;
  readonly spentPicoUsd: bigint;
  readonly usedTokens: bigint;
}

/** `period`: which of a subject's two budgets; that of the month unless told. */
export type BudgetLimits = Partial<Pick<BudgetInfo, "amountMicroUsd" | "tokens" | "warnPercent" | "period">>;

export interface Budgets {
  /** With what was used in the day or month that runs, as far as it is in the database. */
  list(): Promise<BudgetState[]>;
  /**
   * @param period by default the month
   * @returns null where there is none
   */
  of(scope: BudgetScope, subjectId: string, period?: BudgetPeriod): Promise<BudgetInfo | null>;
  /**
   * Sets what is given and leaves the rest; without any limit left there is no budget.
   * @param seen the version that the caller saw; undefined: of no matter
   * @throws DatabaseError `not-found` for a subject of another organization, `conflict`
   */
  set(scope: BudgetScope, subjectId: string, limits: BudgetLimits, seen?: Date | null): Promise<BudgetInfo | null>;
}

const FIELDS = {
  id: true,
  scope: true,
  subjectId: true,
  period: true,
  amountMicroUsd: true,
  tokens: true,
  warnPercent: true,
  createdAt: true,
  updatedAt: true,
} as const;

interface StateRow {
  readonly id: string;
  readonly organization_id: string;
  readonly scope: string;
  readonly subject_id: string;
  readonly period: string;
  readonly amount_micro_usd: string | null;
  readonly tokens: string | null;
  readonly warn_percent: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly span: string;
  readonly spent: string | null;
  readonly used: string | null;
}

/** Which day or month of a budget runs. */
const spanSql = "to_char(now() AT TIME ZONE 'UTC', CASE b.period WHEN 'day' THEN 'YYYY-MM-DD' ELSE 'YYYY-MM' END)";
const isRunningSql = `u.organization_id = b.organization_id AND u.scope = b.scope AND u.subject_id = b.subject_id
  AND u.period = b.period AND u.start = date_trunc(b.period, now() AT TIME ZONE 'UTC')::date`;
const span = Prisma.raw(spanSql);
const isRunning = Prisma.raw(isRunningSql);

export function budgetsOf(db: Db, organizationId: string): Budgets {
  const find = async (client: Db, scope: BudgetScope, subjectId: string, period: BudgetPeriod) => {
    const row =
      isId(subjectId) &&
      (await client.budget.findUnique({
        where: { organizationId_scope_subjectId_period: { organizationId, scope, subjectId, period } },
        select: FIELDS,
      }));
    return row ? info(row) : null;
  };
  return {
    async list() {
      const rows = await db.$queryRaw<StateRow[]>`
        SELECT b.id::text, b.organization_id::text, b.scope, b.subject_id::text, b.period, b.amount_micro_usd::text, b.tokens::text,
               b.warn_percent, b.created_at, b.updated_at, ${span} AS span,
               u.amount_pico_usd::text AS spent, u.tokens::text AS used
          FROM budget b LEFT JOIN usage_period u ON ${isRunning}
         WHERE b.organization_id = ${organizationId}::uuid ORDER BY b.scope, b.id`;
      return rows.map(budgetState);
    },

    of: (scope, subjectId, period = "month") => find(db, scope, subjectId, period),

    set: (scope, subjectId, limits, seen) =>
      inTransaction(db, async (tx) => {
        await checkSubject(tx, organizationId, scope, subjectId);
        const { period = "month" } = limits;
        const before = await find(tx, scope, subjectId, period);
        if (seen !== undefined) {
          const what = `The budget of this ${scope} a ${period}`;
          if (before !== null && seen === null) checkVersion(before, new Date(0), what, subjectId);
          if (before !== null && seen !== null) checkVersion(before, seen, what, subjectId);
        }
        const { amountMicroUsd = before?.amountMicroUsd ?? null, tokens = before?.tokens ?? null } = limits;
        const { warnPercent = before?.warnPercent ?? 80 } = limits;
        const where = { organizationId_scope_subjectId_period: { organizationId, scope, subjectId, period } };
        if (amountMicroUsd === null && tokens === null) {
          await tx.budget.deleteMany({ where: { organizationId, scope, subjectId, period } });
          return null;
        }
        const values = { amountMicroUsd, tokens, warnPercent };
        const row = await tx.budget.upsert({
          where,
          create: { organizationId, scope, subjectId, period, ...values },
          update: { ...values, updatedAt: before === null ? new Date() : nextVersion(before) },
          select: FIELDS,
        });
        return info(row);
      }),
  };
}

/** Every budget there is, with what was used of it in the day or month that runs: what a process holds in memory. */
export async function allBudgets(pool: Pool): Promise<BudgetState[]> {
  const { rows } = await pool.query<StateRow>(
    `SELECT b.id, b.organization_id, b.scope, b.subject_id, b.period, b.amount_micro_usd::text, b.tokens::text,
            b.warn_percent, b.created_at, b.updated_at, ${spanSql} AS span,
            u.amount_pico_usd::text AS spent, u.tokens::text AS used
       FROM budget b LEFT JOIN usage_period u ON ${isRunningSql}`,
  );
  return rows.map(budgetState);
}

async function checkSubject(tx: Db, organizationId: string, scope: BudgetScope, subjectId: string): Promise<void> {
  const one = { where: { id: subjectId, organizationId }, select: { id: true } } as const;
  const find = {
    organization: async () => (subjectId === organizationId ? { id: subjectId } : null),
    project: () => tx.project.findFirst(one),
    key: () => tx.apiKey.findFirst(one),
    task: () => tx.task.findFirst(one),
  };
  if (isId(subjectId) && (await find[scope]()) !== null) return;
  throw new DatabaseError("not-found", `There is no ${scope} ${subjectId}.`);
}

const scopeOf = (text: string): BudgetScope => budgetScopes.find((one) => one === text) ?? "organization";

const periodOf = (text: string): BudgetPeriod => budgetPeriods.find((one) => one === text) ?? "month";

function info<T extends { readonly scope: string; readonly period: string }>(row: T) {
  return { ...row, scope: scopeOf(row.scope), period: periodOf(row.period) };
}

function budgetState(row: StateRow): BudgetState {
  return {
    id: row.id,
    organizationId: row.organization_id,
    scope: scopeOf(row.scope),
    subjectId: row.subject_id,
    period: periodOf(row.period),
    amountMicroUsd: row.amount_micro_usd === null ? null : BigInt(row.amount_micro_usd),
    tokens: row.tokens === null ? null : BigInt(row.tokens),
    warnPercent: row.warn_percent,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    span: row.span,
    spentPicoUsd: BigInt(row.spent ?? 0),
    usedTokens: BigInt(row.used ?? 0),
  };
}
