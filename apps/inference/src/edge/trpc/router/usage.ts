import { servingChangeKinds } from "@tugboat/db";
import { z } from "zod";
import { toMicroUsd } from "../../../domain/billing/money.ts";
import { differenceKinds, reconciliation, type Stage } from "../../../domain/billing/reconciliation.ts";
import { savings } from "../../../domain/billing/savings.ts";
import { beforeAndAfter, comparedHours, namesOf } from "../../../domain/usage/before-after.ts";
import { focusCsv } from "../../../domain/usage/focus.ts";
import { focusParquet } from "../../../domain/usage/focus-parquet.ts";
import { groupNames } from "../../../domain/usage/names.ts";
import { wholeHours } from "../../../domain/usage/range.ts";
import { type Sums, stepOf, usageGroups, usageReport } from "../../../domain/usage/report.ts";
import { foldHours } from "../../../domain/usage/rollup.ts";
import { RefusedError } from "../errors.ts";
import { id, moment } from "../shapes.ts";
import { orgProcedure, router } from "../trpc.ts";

const when = z.iso.datetime("A moment in ISO 8601, UTC.").transform((text) => new Date(text));
const quantiles = z.object({ p50: z.number(), p95: z.number(), p99: z.number() }).nullable();
const count = z.int();

const sums = z.object({
  requests: count,
  /** Of them: those that ended in an error, and those whose client went away. */
  failed: count,
  aborted: count,
  /** Cached ones included. */
  inputTokens: count,
  cachedTokens: count,
  outputTokens: count,
  /** Rounded half up, once. */
  costMicroUsd: count,
  /** In ms; null where nothing was measured. */
  latency: z.object({ ttft: quantiles, itl: quantiles, queue: quantiles, duration: quantiles }),
});

const stage = z.object({
  requests: count.nullable(),
  tokens: count.nullable(),
  /** Rounded half up, once. */
  costMicroUsd: count.nullable(),
});

const range = z.object({
  /** Inclusive; widened to the whole hour. The default is 30 days before `to`. */
  from: when.optional(),
  /** Exclusive; widened to the whole hour. The default is now. */
  to: when.optional(),
});
const compared = z.object({
  requests: count,
  latency: z.object({ ttft: quantiles, itl: quantiles, queue: quantiles, duration: quantiles }),
});
const comparedAtMost = 20;
const hourMs = 3_600_000;
const longestMs = 400 * 86_400_000;

export const usageRouter = router({
  /** What was used and what it cost, in total, by one dimension and over time. */
  query: orgProcedure("usage:read")
    .input(
      range
        .extend({
          by: z.enum(usageGroups).optional(),
          model: z.string().max(300).optional(),
          key: id.optional(),
          project: id.optional(),
        })
        .optional(),
    )
    .output(
      sums.extend({
        from: moment,
        to: moment,
        /** The length of a step of the series. */
        step: z.enum(["hour", "day"]),
        by: z.array(sums.extend({ id: z.string().nullable(), name: z.string() })),
        series: z.array(sums.extend({ at: moment })),
      }),
    )
    .query(async ({ ctx, input = {} }) => {
      const { from, to, by = "model", model, key, project } = input;
      const span = checked(from, to);
      const { usage } = ctx.scope;
      const hours = (await (stepOf(span) === "hour" ? usage.hours(span) : usage.sums(span))).filter(
        (hour) =>
          (model === undefined || hour.model === model) &&
          (key === undefined || hour.apiKeyId === key) &&
          (project === undefined || hour.projectId === project),
      );
      const report = usageReport(hours, { ...span, by });
      const ids = report.groups.map(({ id }) => id);
      const nameOf = await groupNames(by, ids, ctx.scope, (wanted) => ctx.management.database.people.names(wanted));
      return {
        from: span.from.toISOString(),
        to: span.to.toISOString(),
        step: stepOf(span),
        ...sent(report.total),
        by: report.groups.map((group) => ({ id: group.id, name: nameOf(group.id), ...sent(group) })),
        series: report.series.map(({ at, ...sum }) => ({ at: at.toISOString(), ...sent(sum) })),
      };
    }),

  /** Changes of what answers, each with how long answers took in the day before it and in the day after it. */
  changes: orgProcedure("usage:read")
    .input(range.optional())
    .output(
      z.object({
        hours: count,
        changes: z.array(
          z.object({
            at: moment,
            kind: z.enum(servingChangeKinds),
            name: z.string(),
            what: z.string(),
            before: compared,
            after: compared,
          }),
        ),
      }),
    )
    .query(async ({ ctx, input: { from, to } = {} }) => {
      const all = await ctx.scope.usage.changes(checked(from, to));
      const changes = await Promise.all(
        all.slice(-comparedAtMost).map(async ({ at, ...rest }) => {
          const around = (hours: number) => new Date(at.getTime() + hours * hourMs);
          const span = { from: around(-comparedHours - 1), to: around(comparedHours + 2) };
          const hours = await ctx.scope.usage.hoursOf(span, namesOf(rest));
          return { ...rest, at: at.toISOString(), ...beforeAndAfter(hours, at) };
        }),
      );
      return { hours: comparedHours, changes };
    }),

  /** What caches, batches and smaller models saved, by the prices that were in force. */
  savings: orgProcedure("usage:read")
    .input(range.optional())
    .output(
      z.object({
        cachesMicroUsd: count,
        cachedTokens: count,
        batchesMicroUsd: count,
        /** Against everything at the dearest price of the book; null where there is no choice. */
        models: z.object({ reference: z.string(), microUsd: count }).nullable(),
      }),
    )
    .query(async ({ ctx, input: { from, to } = {} }) => {
      const [used, books] = await Promise.all([ctx.scope.usage.tokens(checked(from, to)), ctx.scope.priceBooks.list()]);
      const { batches, cachedTokens, caches, models } = savings(used, books, new Date());
      return {
        cachesMicroUsd: Number(toMicroUsd(caches)),
        cachedTokens,
        batchesMicroUsd: Number(toMicroUsd(batches)),
        models: models && { reference: models.reference, microUsd: Number(toMicroUsd(models.saved)) },
      };
    }),

  /** Usage by the hour in the columns of FOCUS 1.1, as CSV or Parquet, for tools that read the costs of many providers. */
  export: orgProcedure("usage:read")
    .input(range.extend({ format: z.enum(["csv", "parquet"]).default("csv") }).optional())
    .output(z.object({ filename: z.string(), contentType: z.string(), base64: z.string() }))
    .query(async ({ ctx, input: { format = "csv", from, to } = {} }) => {
      const span = checked(from, to);
      const [hours, keys, projects, { name }] = await Promise.all([
        ctx.scope.usage.hours(span),
        ctx.scope.keys.list(),
        ctx.scope.projects.list({ archived: true }),
        ctx.scope.info(),
      ]);
      const names = new Map([...keys, ...projects].map((one) => [one.id, one.name]));
      const facts = {
        organizationId: ctx.organizationId,
        organization: name,
        nameOf: (of: string) => names.get(of) ?? of.slice(0, 8),
      };
      const filename = `focus-${span.from.toISOString().slice(0, 10)}-${span.to.toISOString().slice(0, 10)}.${format}`;
      const sums = foldHours(hours);
      return format === "csv"
        ? {
            filename,
            contentType: "text/csv; charset=utf-8",
            base64: Buffer.from(focusCsv(sums, facts)).toString("base64"),
          }
        : {
            filename,
            contentType: "application/vnd.apache.parquet",
            base64: Buffer.from(focusParquet(sums, facts)).toString("base64"),
          };
    }),

  /** Follows usage through every record of it, from finished requests to invoices and upstreams' bills. */
  reconcile: orgProcedure("billing:read")
    .input(range.optional())
    .output(
      z.object({
        from: moment,
        to: moment,
        /** Finished requests, counted apart from their events. */
        requests: count,
        events: count,
        rollups: count,
        /** Whole days that have daily sums. */
        days: count,
        /** Of final invoices within the range, and the requests that they bill. */
        invoiceLines: count,
        invoiced: count,
        /** Days and models of upstreams' bills that were imported or should have been. */
        billLines: count,
        /** What each record holds; null where it knows no such figure. */
        stages: z.object({ requests: stage, events: stage, rollups: stage, invoiced: stage }),
        differences: z.array(
          z.object({
            kind: z.enum(differenceKinds),
            where: z.string(),
            at: moment,
            says: z.string(),
            /** What the earlier record has more than the later one. */
            requests: count,
            tokens: count,
            costPicoUsd: z.string(),
          }),
        ),
      }),
    )
    .query(async ({ ctx, input: { from, to } = {} }) => {
      const span = checked(from, to);
      await ctx.management.meter.flush(2_000);
      const { days, billLines, differences, invoiceLines, stages } = await reconciliation(ctx.scope, span);
      return {
        from: span.from.toISOString(),
        to: span.to.toISOString(),
        ...{ days, billLines, invoiceLines },
        requests: stages.requests.requests ?? 0,
        events: stages.events.requests ?? 0,
        rollups: stages.rollups.requests ?? 0,
        invoiced: stages.invoiced.requests ?? 0,
        stages: {
          requests: shownStage(stages.requests),
          events: shownStage(stages.events),
          rollups: shownStage(stages.rollups),
          invoiced: shownStage(stages.invoiced),
        },
        differences: differences.map(({ amountPicoUsd, at, ...rest }) => ({
          ...rest,
          at: at.toISOString(),
          costPicoUsd: String(amountPicoUsd),
        })),
      };
    }),
});

function shownStage({ amountPicoUsd, requests, tokens }: Stage) {
  return { requests, tokens, costMicroUsd: amountPicoUsd === null ? null : Number(toMicroUsd(amountPicoUsd)) };
}

function checked(from: Date | undefined, to: Date | undefined) {
  const span = wholeHours(from, to, new Date());
  const refuse = (message: string) =>
    new RefusedError("BAD_REQUEST", message, { reason: "invalid", fields: { from: message } });
  if (span.from >= span.to) throw refuse("The range ends before it begins.");
  if (span.to.getTime() - span.from.getTime() > longestMs) throw refuse("A range is at most 400 days long.");
  return span;
}

function sent({ costPicoUsd, latency, requests, failed, aborted, inputTokens, cachedTokens, outputTokens }: Sums) {
  return {
    requests,
    failed,
    aborted,
    inputTokens,
    cachedTokens,
    outputTokens,
    costMicroUsd: Number(toMicroUsd(costPicoUsd)),
    latency,
  };
}
