import type { Pool } from "pg";
import { type Db, inTransaction } from "../client.ts";
import { DatabaseError } from "../errors.ts";
import { isId } from "../id.ts";
import { type BudgetScope, budgetScopes } from "../usage/event.ts";
import { checkVersion, nextVersion } from "../versions.ts";

export interface BudgetInfo {
  readonly id: string;
  readonly scope: BudgetScope;
  readonly subjectId: string;
  /** A month; null is without limit. */
  readonly amountMicroUsd: bigint | null;
  readonly tokens: bigint | null;
  readonly warnPercent: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A budget with what was used of it in its month. */
export interface BudgetState extends BudgetInfo {
  readonly organizationId: string;
  /** `2026-11`, UTC. */
  readonly month: string;
  readonly spentPicoUsd: bigint;
  readonly usedTokens: bigint;
}

export type BudgetLimits = Partial<Pick<BudgetInfo, "amountMicroUsd" | "tokens" | "warnPercent">>;

export interface Budgets {
  /** With what was used this month, as far as it is in the database. */
  list(): Promise<BudgetState[]>;
  /** @returns null where there is none */
  of(scope: BudgetScope, subjectId: string): Promise<BudgetInfo | null>;
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
  readonly amount_micro_usd: string | null;
  readonly tokens: string | null;
  readonly warn_percent: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly month: string;
  readonly spent: string | null;
  readonly used: string | null;
}

export function budgetsOf(db: Db, organizationId: string): Budgets {
  const find = async (client: Db, scope: BudgetScope, subjectId: string): Promise<BudgetInfo | null> => {
    const row =
      isId(subjectId) &&
      (await client.budget.findUnique({
        where: { organizationId_scope_subjectId: { organizationId, scope, subjectId } },
        select: FIELDS,
      }));
    return row ? info(row) : null;
  };
  return {
    async list() {
      const rows = await db.$queryRaw<StateRow[]>`
        SELECT b.id::text, b.organization_id::text, b.scope, b.subject_id::text, b.amount_micro_usd::text, b.tokens::text, b.warn_percent,
               b.created_at, b.updated_at, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM') AS month,
               m.amount_pico_usd::text AS spent, m.tokens::text AS used
          FROM budget b LEFT JOIN usage_month m
            ON m.organization_id = b.organization_id AND m.scope = b.scope AND m.subject_id = b.subject_id
               AND m.month = date_trunc('month', now() AT TIME ZONE 'UTC')::date
         WHERE b.organization_id = ${organizationId}::uuid ORDER BY b.scope, b.id`;
      return rows.map(budgetState);
    },

    of: (scope, subjectId) => find(db, scope, subjectId),

    set: (scope, subjectId, limits, seen) =>
      inTransaction(db, async (tx) => {
        await checkSubject(tx, organizationId, scope, subjectId);
        const before = await find(tx, scope, subjectId);
        if (seen !== undefined) {
          const what = `The budget of this ${scope}`;
          if (before !== null && seen === null) checkVersion(before, new Date(0), what, subjectId);
          if (before !== null && seen !== null) checkVersion(before, seen, what, subjectId);
        }
        const { amountMicroUsd = before?.amountMicroUsd ?? null, tokens = before?.tokens ?? null } = limits;
        const { warnPercent = before?.warnPercent ?? 80 } = limits;
        const where = { organizationId_scope_subjectId: { organizationId, scope, subjectId } };
        if (amountMicroUsd === null && tokens === null) {
          await tx.budget.deleteMany({ where: { organizationId, scope, subjectId } });
          return null;
        }
        const values = { amountMicroUsd, tokens, warnPercent };
        const row = await tx.budget.upsert({
          where,
          create: { organizationId, scope, subjectId, ...values },
          update: { ...values, updatedAt: before === null ? new Date() : nextVersion(before) },
          select: FIELDS,
        });
        return info(row);
      }),
  };
}

/** Every budget there is, with what was used of it this month: what a process holds in memory. */
export async function allBudgets(pool: Pool): Promise<BudgetState[]> {
  const { rows } = await pool.query<StateRow>(
    `SELECT b.id, b.organization_id, b.scope, b.subject_id, b.amount_micro_usd::text, b.tokens::text, b.warn_percent,
            b.created_at, b.updated_at, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM') AS month,
            m.amount_pico_usd::text AS spent, m.tokens::text AS used
       FROM budget b LEFT JOIN usage_month m
         ON m.organization_id = b.organization_id AND m.scope = b.scope AND m.subject_id = b.subject_id
            AND m.month = date_trunc('month', now() AT TIME ZONE 'UTC')::date`,
  );
  return rows.map(budgetState);
}

async function checkSubject(tx: Db, organizationId: string, scope: BudgetScope, subjectId: string): Promise<void> {
  const where = { id: subjectId, organizationId };
  const known = isId(subjectId)
    ? scope === "organization"
      ? subjectId === organizationId
      : scope === "project"
        ? (await tx.project.findFirst({ where, select: { id: true } })) !== null
        : (await tx.apiKey.findFirst({ where, select: { id: true } })) !== null
    : false;
  if (!known) throw new DatabaseError("not-found", `There is no ${scope} ${subjectId}.`);
}

const scopeOf = (text: string): BudgetScope => budgetScopes.find((one) => one === text) ?? "organization";

function info<T extends { readonly scope: string }>(row: T): Omit<T, "scope"> & { readonly scope: BudgetScope } {
  return { ...row, scope: scopeOf(row.scope) };
}

function budgetState(row: StateRow): BudgetState {
  return {
    id: row.id,
    organizationId: row.organization_id,
    scope: scopeOf(row.scope),
    subjectId: row.subject_id,
    amountMicroUsd: row.amount_micro_usd === null ? null : BigInt(row.amount_micro_usd),
    tokens: row.tokens === null ? null : BigInt(row.tokens),
    warnPercent: row.warn_percent,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    month: row.month,
    spentPicoUsd: BigInt(row.spent ?? 0),
    usedTokens: BigInt(row.used ?? 0),
  };
}
