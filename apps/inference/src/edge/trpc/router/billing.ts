import { type BudgetInfo, type BudgetState, budgetScopes, type PriceBookInfo, PriceEntry } from "@tugboat/db";
import { z } from "zod";
import { toMicroUsd } from "../../../domain/billing/money.ts";
import { versionAt } from "../../../domain/billing/price.ts";
import { id, moment, seen } from "../shapes.ts";
import { orgProcedure, router, userIds } from "../trpc.ts";

/** Micro-dollars or tokens: what JSON can say exactly. */
const amount = z.int("A whole number.").min(0, "Not below nothing.").max(Number.MAX_SAFE_INTEGER);

const budget = z.object({
  scope: z.enum(budgetScopes),
  subjectId: id,
  /** A calendar month (UTC); null is without limit. */
  amountMicroUsd: amount.nullable(),
  tokens: amount.nullable(),
  /** From this share on, answers carry a warning. */
  warnPercent: z.int(),
  updatedAt: moment,
});

const book = z.object({
  id,
  version: z.int(),
  effectiveFrom: moment,
  note: z.string(),
  prices: z.array(PriceEntry),
  createdBy: z.string(),
  createdByName: z.string(),
  createdAt: moment,
});

const prices = z
  .array(PriceEntry)
  .max(500, "A price book has at most 500 entries.")
  .superRefine((entries, context) => {
    entries.forEach(({ target }, index) => {
      if (entries.findIndex((one) => one.target === target) === index) return;
      context.addIssue({ code: "custom", path: [index, "target"], message: `${target} is priced twice.` });
    });
  });

export const billingRouter = router({
  /** Every version, the newest first, and which one is in force. */
  prices: orgProcedure("billing:read")
    .output(z.object({ versions: z.array(book), inForce: z.int().nullable() }))
    .query(async ({ ctx }) => {
      const versions = await ctx.scope.priceBooks.list();
      const names = await ctx.management.database.people.names(userIds(versions.map(({ createdBy }) => createdBy)));
      return {
        versions: versions.map((one) => shownBook(one, names.get(one.createdBy) ?? one.createdBy)),
        inForce: versionAt(versions, new Date())?.version ?? null,
      };
    }),

  /** Adds a version of the price book. What has happened keeps its price. */
  setPrices: orgProcedure("billing:write")
    .input(
      z.object({
        prices,
        note: z.string().trim().max(500).default(""),
        /** Not in the past; left out: from now on. */
        effectiveFrom: z.iso
          .datetime()
          .transform((text) => new Date(text))
          .optional(),
        /** The newest version that the caller saw; 0 for none. */
        seenVersion: z.int().min(0),
      }),
    )
    .output(book)
    .mutation(async ({ ctx, input }) => {
      const made = await ctx.change(async (scope) => {
        const [before] = await scope.priceBooks.list();
        const after = await scope.priceBooks.add({
          ...input,
          effectiveFrom: input.effectiveFrom,
          createdBy: ctx.actor,
        });
        return {
          subject: ctx.organizationId,
          before: before && recordedBook(before),
          after: recordedBook(after),
          result: after,
        };
      });
      await ctx.management.meter.refresh();
      const names = await ctx.management.database.people.names(userIds([made.createdBy]));
      return shownBook(made, names.get(made.createdBy) ?? made.createdBy);
    }),

  /** Every budget with what was used of it this month. */
  budgets: orgProcedure("billing:read")
    .output(
      z.object({
        budgets: z.array(
          budget.extend({ month: z.string(), spentMicroUsd: amount, usedTokens: amount, name: z.string() }),
        ),
      }),
    )
    .query(async ({ ctx }) => {
      const [budgets, keys, projects, organization] = await Promise.all([
        ctx.scope.budgets.list(),
        ctx.scope.keys.list(),
        ctx.scope.projects.list({ archived: true }),
        ctx.scope.info(),
      ]);
      const names = new Map([...keys, ...projects, organization].map(({ id, name }) => [id, name]));
      return {
        budgets: budgets.map((one) => ({ ...shownState(one), name: names.get(one.subjectId) ?? one.subjectId })),
      };
    }),

  /** Sets the budget of a key, a project or the organization; without any limit there is none. */
  setBudget: orgProcedure("billing:write")
    .input(
      z.object({
        scope: z.enum(budgetScopes),
        subjectId: id,
        amountMicroUsd: amount.nullable(),
        tokens: amount.nullable(),
        warnPercent: z.int().min(1).max(100).default(80),
        /** Null: the caller saw none. */
        updatedAt: seen.nullable(),
      }),
    )
    .output(budget.nullable())
    .mutation(async ({ ctx, input: { scope: of, subjectId, updatedAt, ...limits } }) => {
      const made = await ctx.change(async (scope) => {
        const before = await scope.budgets.of(of, subjectId);
        const after = await scope.budgets.set(of, subjectId, stored(limits), updatedAt);
        const result = after;
        return {
          subject: subjectId,
          before: before && recordedBudget(before),
          after: after && recordedBudget(after),
          result,
        };
      });
      await ctx.management.meter.refresh();
      return made && shownBudget(made);
    }),
});

function stored({
  amountMicroUsd,
  tokens,
  warnPercent,
}: {
  amountMicroUsd: number | null;
  tokens: number | null;
  warnPercent: number;
}) {
  return {
    amountMicroUsd: amountMicroUsd === null ? null : BigInt(amountMicroUsd),
    tokens: tokens === null ? null : BigInt(tokens),
    warnPercent,
  };
}

function shownBudget({ scope, subjectId, amountMicroUsd, tokens, warnPercent, updatedAt }: BudgetInfo) {
  return {
    scope,
    subjectId,
    amountMicroUsd: amountMicroUsd === null ? null : Number(amountMicroUsd),
    tokens: tokens === null ? null : Number(tokens),
    warnPercent,
    updatedAt: updatedAt.toISOString(),
  };
}

function shownState(state: BudgetState) {
  return {
    ...shownBudget(state),
    month: state.month,
    spentMicroUsd: Number(toMicroUsd(state.spentPicoUsd)),
    usedTokens: Number(state.usedTokens),
  };
}

function recordedBudget(info: BudgetInfo) {
  const { scope, amountMicroUsd, tokens, warnPercent } = shownBudget(info);
  return { scope, amountMicroUsd, tokens, warnPercent };
}

function shownBook(
  { id, version, effectiveFrom, note, prices, createdBy, createdAt }: PriceBookInfo,
  createdByName: string,
) {
  return {
    id,
    version,
    effectiveFrom: effectiveFrom.toISOString(),
    note,
    prices: [...prices],
    createdBy,
    createdByName,
    createdAt: createdAt.toISOString(),
  };
}

function recordedBook({ version, effectiveFrom, note, prices }: PriceBookInfo) {
  return { version, effectiveFrom: effectiveFrom.toISOString(), note, prices: [...prices] };
}
