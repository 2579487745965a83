import {
  type BudgetInfo,
  type BudgetState,
  budgetPeriods,
  budgetScopes,
  type PriceBookInfo,
  PriceEntry,
} from "@tugboat/db";
import { z } from "zod";
import { readBill } from "../../../domain/billing/bill-csv.ts";
import { type Forecast, forecastMonth } from "../../../domain/billing/forecast.ts";
import { toMicroUsd } from "../../../domain/billing/money.ts";
import { versionAt } from "../../../domain/billing/price.ts";
import { priceGap, timeProblem } from "../../../domain/billing/price-timeline.ts";
import { repriced } from "../../../domain/billing/reprice.ts";
import { RefusedError } from "../errors.ts";
import { id, moment, seen } from "../shapes.ts";
import { orgProcedure, router, userIds } from "../trpc.ts";

/** Micro-dollars or tokens: what JSON can say exactly. */
const amount = z.int("A whole number.").min(0, "Not below nothing.").max(Number.MAX_SAFE_INTEGER);

const budget = z.object({
  scope: z.enum(budgetScopes),
  subjectId: id,
  /** By the calendar, UTC. */
  period: z.enum(budgetPeriods),
  /** A day or a month; null is without limit. */
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

const forecastShape = z.object({
  spentMicroUsd: amount,
  expectedMicroUsd: amount,
  lowMicroUsd: amount,
  highMicroUsd: amount,
  /** Whole days that the forecast is made from; below 3 there is none. */
  days: z.int(),
});
const forecastDays = 31;

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
        /** When a version that is entered already begins; left out: in force until another is. */
        effectiveUntil: z.iso
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
        const versions = await scope.priceBooks.list();
        const [before] = versions;
        const from = input.effectiveFrom ?? new Date();
        const field = timeProblem(versions, { from, until: input.effectiveUntil });
        const month = { from: new Date(Date.now() - 30 * dayMs), to: new Date() };
        const gap = priceGap(versions, input.prices, from, await scope.usage.tokens(month));
        const wrong = field ?? gap;
        // Somebody who saw an older version is told that first.
        if (wrong !== undefined && (before?.version ?? 0) === input.seenVersion) {
          const fields = { [field === undefined ? "prices" : "effectiveUntil"]: wrong };
          throw new RefusedError("CONFLICT", wrong, { reason: "conflict", fields });
        }
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

  /** What this month has cost and will have cost, with an interval in which nine of ten such months end. */
  month: orgProcedure("billing:read")
    .output(
      z.object({
        ...forecastShape.shape,
        month: z.string(),
        lastMonthMicroUsd: amount,
      }),
    )
    .query(async ({ ctx }) => {
      const now = new Date();
      const last = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1);
      const begin = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
      const days = new Map<number, bigint>();
      let before = 0n;
      for (const { amountPicoUsd, day } of await ctx.scope.usage.tokens({ from: new Date(last), to: now })) {
        days.set(day.getTime(), (days.get(day.getTime()) ?? 0n) + amountPicoUsd);
        if (day.getTime() < begin) before += amountPicoUsd;
      }
      return {
        ...shownForecast(forecastMonth(days, now)),
        month: now.toISOString().slice(0, 7),
        lastMonthMicroUsd: Number(toMicroUsd(before)),
      };
    }),

  /**
   * What the tokens of a time would have cost by other prices, and what this month would come to by them. Prices by the
   * hour are left out: sums hold no times.
   */
  wouldCost: orgProcedure("billing:read")
    .input(z.object({ prices: z.string().max(200_000), days: z.int().min(1).max(400).default(30) }))
    .output(
      z.object({
        actualMicroUsd: amount,
        wouldMicroUsd: amount,
        by: z.array(
          z.object({ model: z.string(), actualMicroUsd: amount, wouldMicroUsd: amount, priced: z.boolean() }),
        ),
        month: forecastShape,
      }),
    )
    .query(async ({ ctx, input }) => {
      const parsed = prices.safeParse(jsonOf(input.prices));
      if (!parsed.success) {
        const message = "The prices are no JSON of a price book's entries.";
        throw new RefusedError("BAD_REQUEST", message, { reason: "invalid" });
      }
      const now = new Date();
      const from = now.getTime() - input.days * dayMs;
      // A month is forecast from the four weeks before and what it has had.
      const since = new Date(Math.min(from, now.getTime() - forecastDays * dayMs));
      const used = await ctx.scope.usage.tokens({ from: since, to: now });
      const firstDay = Math.floor(from / dayMs) * dayMs;
      const sum = repriced(
        used.filter(({ day }) => day.getTime() >= firstDay),
        parsed.data,
      );
      const days = new Map<number, bigint>();
      for (const one of used) {
        const at = one.day.getTime();
        days.set(at, (days.get(at) ?? 0n) + repriced([one], parsed.data).would);
      }
      return {
        actualMicroUsd: Number(toMicroUsd(sum.actual)),
        wouldMicroUsd: Number(toMicroUsd(sum.would)),
        by: sum.models.map(({ actual, model, priced, would }) => ({
          ...{ model, priced, actualMicroUsd: Number(toMicroUsd(actual)) },
          wouldMicroUsd: Number(toMicroUsd(would)),
        })),
        month: shownForecast(forecastMonth(days, now)),
      };
    }),

  /** Takes an upstream's bill (CSV), to be compared with what was recorded. */
  importBill: orgProcedure("billing:write")
    .input(z.object({ upstream: z.string().min(1).max(100), csv: z.string().max(5_000_000) }))
    .output(z.object({ lines: z.int() }))
    .mutation(async ({ ctx, input }) => {
      const lines = readBill(input.csv);
      return ctx.change(async (scope) => {
        const known = (await scope.upstreams.list()).some(({ name }) => name === input.upstream);
        if (!known) {
          throw new RefusedError("NOT_FOUND", `There is no upstream ${input.upstream}.`, { reason: "not-found" });
        }
        const count = await scope.upstreamBills.import(input.upstream, lines);
        return { subject: input.upstream, after: { lines: count }, result: { lines: count } };
      });
    }),

  /** Bills of upstreams beside what was recorded, by day and model. */
  bills: orgProcedure("billing:read")
    .output(
      z.object({
        lines: z.array(
          z.object({
            upstream: z.string(),
            day: z.string(),
            model: z.string(),
            billedTokens: amount.nullable(),
            billedMicroUsd: amount.nullable(),
            recordedTokens: amount.nullable(),
            agrees: z.boolean(),
          }),
        ),
      }),
    )
    .query(async ({ ctx }) => {
      const now = Date.now();
      const compared = await ctx.scope.upstreamBills.compare(new Date(now - 90 * dayMs), new Date(now));
      return {
        lines: compared.map(({ billed, day, model, recorded, upstream }) => ({
          ...{ upstream, day, model, billedTokens: billed?.tokens ?? null },
          billedMicroUsd: billed?.amountMicroUsd ?? null,
          recordedTokens: recorded?.tokens ?? null,
          agrees: billed !== null && recorded !== null && billed.tokens === recorded.tokens,
        })),
      };
    }),

  /** Every budget with what was used of it in the day or month that runs. */
  budgets: orgProcedure("billing:read")
    .output(
      z.object({
        budgets: z.array(
          budget.extend({ span: z.string(), spentMicroUsd: amount, usedTokens: amount, name: z.string() }),
        ),
      }),
    )
    .query(async ({ ctx }) => {
      const [budgets, keys, projects, tasks, organization] = await Promise.all([
        ctx.scope.budgets.list(),
        ctx.scope.keys.list(),
        ctx.scope.projects.list({ archived: true }),
        ctx.scope.tasks.list(),
        ctx.scope.info(),
      ]);
      const names = new Map([...keys, ...projects, ...tasks, organization].map(({ id, name }) => [id, name]));
      return {
        budgets: budgets.map((one) => ({ ...shownState(one), name: names.get(one.subjectId) ?? one.subjectId })),
      };
    }),

  /**
   * Sets what a key, a project, the organization or a task may use a day or a month, two budgets apart; without any
   * limit there is none.
   */
  setBudget: orgProcedure("billing:write")
    .input(
      z.object({
        scope: z.enum(budgetScopes),
        subjectId: id,
        period: z.enum(budgetPeriods).default("month"),
        amountMicroUsd: amount.nullable(),
        tokens: amount.nullable(),
        warnPercent: z.int().min(1).max(100).default(80),
        /** Null: the caller saw none. */
        updatedAt: seen.nullable(),
      }),
    )
    .output(budget.nullable())
    .mutation(async ({ ctx, input: { scope: of, subjectId, period, updatedAt, ...limits } }) => {
      const made = await ctx.change(async (scope) => {
        const before = await scope.budgets.of(of, subjectId, period);
        const after = await scope.budgets.set(of, subjectId, { period, ...stored(limits) }, updatedAt);
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

const dayMs = 86_400_000;

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

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

function shownBudget({ scope, subjectId, period, amountMicroUsd, tokens, warnPercent, updatedAt }: BudgetInfo) {
  return {
    scope,
    subjectId,
    period,
    amountMicroUsd: amountMicroUsd === null ? null : Number(amountMicroUsd),
    tokens: tokens === null ? null : Number(tokens),
    warnPercent,
    updatedAt: updatedAt.toISOString(),
  };
}

function shownState(state: BudgetState) {
  return {
    ...shownBudget(state),
    span: state.span,
    spentMicroUsd: Number(toMicroUsd(state.spentPicoUsd)),
    usedTokens: Number(state.usedTokens),
  };
}

function recordedBudget(info: BudgetInfo) {
  const { scope, period, amountMicroUsd, tokens, warnPercent } = shownBudget(info);
  return { scope, period, amountMicroUsd, tokens, warnPercent };
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

function shownForecast({ days, expected, high, low, spent }: Forecast) {
  return {
    spentMicroUsd: Number(toMicroUsd(spent)),
    expectedMicroUsd: Number(toMicroUsd(expected)),
    lowMicroUsd: Number(toMicroUsd(low)),
    highMicroUsd: Number(toMicroUsd(high)),
    days,
  };
}
