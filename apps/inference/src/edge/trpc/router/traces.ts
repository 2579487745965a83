import {
  type FeedbackInfo,
  feedbackKinds,
  type OrganizationScope,
  type SpanInfo,
  type TraceFilter,
  type TraceInfo,
  traceStatuses,
} from "@tugboat/db";
import { z } from "zod";
import { microUsdText } from "../../../domain/billing/money.ts";
import { collectExamples } from "../../../domain/traces/collect-examples.ts";
import {
  policyOf,
  policySetting,
  type TracePolicies,
  tracePolicies,
  tracePolicy,
  usualPolicy,
} from "../../../domain/traces/policy.ts";
import { expectations, toExample } from "../../../domain/traces/to-example.ts";
import type { Management } from "../context.ts";
import { RefusedError } from "../errors.ts";
import { id, moment, title } from "../shapes.ts";
import { orgProcedure, router, userIds } from "../trpc.ts";

const when = z.iso.datetime("A moment in ISO 8601, UTC.").transform((text) => new Date(text));
const name = z.string().min(1).max(300);

const filters = z.object({
  /** Inclusive; the default is a week before `to`. */
  from: when.optional(),
  /** Exclusive; the default is now. */
  to: when.optional(),
  model: name.optional(),
  /** What served it. */
  target: name.optional(),
  alias: name.optional(),
  key: id.optional(),
  user: id.optional(),
  project: id.optional(),
  requestId: z.string().min(1).max(200).optional(),
  kind: name.optional(),
  status: z.enum([...traceStatuses, "not-done"]).optional(),
  cache: z.enum(["prefix", "miss", "hit", "semantic"]).optional(),
  /** At least so long, in ms. */
  minMs: z.number().min(0).max(1e9).optional(),
  minTtftMs: z.number().min(0).max(1e9).optional(),
  /** At least so much, in micro-dollars. */
  minCostMicroUsd: z.number().min(0).max(1e12).optional(),
  /** Words, or beginnings of words, of what was asked and answered. */
  text: z.string().max(300).optional(),
  feedback: z.enum(["good", "bad", "any"]).optional(),
});

const trace = z.object({
  id,
  at: moment,
  requestId: z.string(),
  kind: z.string(),
  model: z.string(),
  target: z.string(),
  alias: z.string().nullable(),
  status: z.enum(traceStatuses),
  httpStatus: z.int(),
  error: z.string().nullable(),
  cache: z.string(),
  /** Cached ones included. */
  inputTokens: z.int(),
  cachedTokens: z.int(),
  outputTokens: z.int(),
  /** Null where nothing was measured. */
  ttftMs: z.number().nullable(),
  queueMs: z.number().nullable(),
  durationMs: z.number(),
  costMicroUsd: z.number(),
  /** The beginning of what was asked; null where it is not kept. */
  preview: z.string().nullable(),
  key: z.object({ id, name: z.string() }).nullable(),
  user: z.object({ id, name: z.string() }).nullable(),
  project: z.object({ id, name: z.string() }).nullable(),
  /** What people thought of it: thumbs up less thumbs down; null where nobody said. */
  thumbs: z.int().nullable(),
});

const span = z.object({
  id: z.string(),
  parentId: z.string().nullable(),
  name: z.string(),
  service: z.string(),
  /** From the request's arrival; negative for what an application did before. */
  startMs: z.number(),
  durationMs: z.number(),
  failed: z.boolean(),
  attributes: z.record(z.string(), z.unknown()),
});

const opinion = z.object({
  id,
  kind: z.enum(feedbackKinds),
  /** 1 and 0 for thumbs, 0 to 1 for scores. */
  value: z.number().nullable(),
  text: z.string().nullable(),
  by: z.string(),
  at: moment,
});

const policy = z.object({ usual: tracePolicy, projects: z.record(z.string(), tracePolicy) });
const dayMs = 86_400_000;

async function* none(): AsyncGenerator<never> {}

/** So many are deleted by one call at most; the answer says whether there are more. */
const mostRemoved = 10_000;

export const tracesRouter = router({
  /** The newest first. */
  list: orgProcedure("traces:read")
    .input(
      filters.extend({ cursor: z.string().max(100).optional(), limit: z.int().min(1).max(200).optional() }).optional(),
    )
    .output(z.object({ traces: z.array(trace), nextCursor: z.string().nullable() }))
    .query(async ({ ctx, input: { cursor, limit = 50, ...given } = {} }) => {
      const before = cursor === undefined ? undefined : readCursor(cursor);
      const found = await ctx.scope.traces.list(filterOf(given), { limit: limit + 1, before });
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return {
        traces: await named(page, ctx),
        nextCursor: found.length > limit && last ? `${last.at.toISOString()}_${last.id}` : null,
      };
    }),

  /** One request with its steps, and what was asked and answered as far as that is kept. */
  get: orgProcedure("traces:read")
    .input(z.object({ id }))
    .output(
      z.object({
        trace,
        traceHex: z.string(),
        spans: z.array(span),
        /** JSON as the request and the answer had it; null where it is not kept. */
        body: z.object({ input: z.unknown(), output: z.unknown(), redacted: z.boolean() }).nullable(),
        feedback: z.array(opinion),
      }),
    )
    .query(async ({ ctx, input }) => {
      await ctx.management.traces.flush();
      const { body, feedback, spans, trace: found } = await ctx.scope.traces.get(input.id);
      const [shown] = await named([found], ctx);
      if (shown === undefined) throw new Error("a trace without a view");
      const names = await ctx.management.database.people.names(userIds(feedback.map(({ createdBy }) => createdBy)));
      return {
        trace: shown,
        traceHex: found.traceHex,
        spans: spans.map((one) => shownSpan(one, found.at)),
        body: body && { input: JSON.parse(body.input), output: JSON.parse(body.output), redacted: body.redacted },
        feedback: feedback.map((one) => shownOpinion(one, names)),
      };
    }),

  /** Deletes traces for good: figures, steps, bodies and what people said of them. Usage and invoices stay. */
  remove: orgProcedure("traces:write")
    .input(z.object({ ids: z.array(id).min(1).max(500) }))
    .output(z.object({ removed: z.int() }))
    .mutation(async ({ ctx, input: { ids } }) => {
      await ctx.management.traces.flush();
      return ctx.change(async (scope) => {
        const removed = await scope.traces.remove(ids);
        return { subject: ids[0] ?? "", before: { traces: removed }, result: { removed } };
      });
    }),

  /** Deletes all traces that match, such as those of one person or with one word: what a request for deletion asks for. */
  removeMatching: orgProcedure("traces:write")
    .input(
      filters.refine(
        (given) => Object.values(given).some((one) => one !== undefined),
        "Say which: nothing narrows it.",
      ),
    )
    .output(z.object({ removed: z.int(), more: z.boolean() }))
    .mutation(async ({ ctx, input }) => {
      await ctx.management.traces.flush();
      const filter = { ...filterOf(input), ...(input.from === undefined && { from: new Date(0) }) };
      return ctx.change(async (scope) => {
        const ids: string[] = [];
        let before: { at: Date; id: string } | undefined;
        for (;;) {
          const page = await scope.traces.list(filter, { limit: 1000, before });
          ids.push(...page.map((one) => one.id));
          before = page.at(-1);
          if (page.length < 1000 || ids.length >= mostRemoved) break;
        }
        const removed = await scope.traces.remove(ids);
        const more = ids.length >= mostRemoved;
        return { subject: ctx.organizationId, before: { traces: removed }, result: { removed, more } };
      });
    }),

  /** Says what an answer was worth, by its trace. Programs use `POST /v1/feedback`. */
  rate: orgProcedure("traces:read")
    .input(
      z
        .object({
          id,
          kind: z.enum(feedbackKinds),
          value: z.number().min(0).max(1).nullable().default(null),
          text: z.string().trim().max(20_000).nullable().default(null),
        })
        .refine(({ kind, text }) => kind !== "correction" || (text ?? "") !== "", {
          path: ["text"],
          message: "A correction says what the answer should have been.",
        })
        .refine(({ kind, value }) => kind !== "thumb" || value === 0 || value === 1, {
          path: ["value"],
          message: "A thumb is 1 (up) or 0 (down).",
        })
        .refine(({ kind, value }) => kind !== "score" || value !== null, {
          path: ["value"],
          message: "A score lies between 0 and 1.",
        }),
    )
    .output(opinion)
    .mutation(async ({ ctx, input: { id: traceId, ...said } }) => {
      await ctx.management.traces.flush();
      const made = await ctx.change(async (scope) => {
        if ((await scope.traces.find({ traceId })) === null) {
          throw new RefusedError("NOT_FOUND", `There is no trace ${traceId}.`, { reason: "not-found" });
        }
        const result = await scope.traces.feedback.add({ traceId, ...said, createdBy: ctx.actor });
        return { subject: traceId, after: { kind: said.kind, value: said.value }, result };
      });
      return shownOpinion(made, await ctx.management.database.people.names(userIds([made.createdBy])));
    }),

  /** The datasets that a request may join as an example. */
  datasets: orgProcedure("traces:read")
    .output(z.object({ datasets: z.array(z.object({ id, name: z.string() })) }))
    .query(async ({ ctx }) => ({
      datasets: (await ctx.scope.datasets.list()).map((one) => ({ id: one.id, name: one.name })),
    })),

  /** Adds a request to a dataset as an example; a dataset that is not there is made. */
  saveExample: orgProcedure("tuning:write")
    .input(z.object({ id, dataset: title, expected: z.enum(expectations) }))
    .output(z.object({ dataset: z.string(), version: z.int(), made: z.boolean() }))
    .mutation(async ({ ctx, input }) => {
      const example = toExample(await ctx.scope.traces.get(input.id), input.expected);
      if (typeof example === "string") throw new RefusedError("PRECONDITION_FAILED", example, { reason: "no-example" });
      return ctx.change(async (scope) => {
        const known = (await scope.datasets.list()).find(({ name: called }) => called === input.dataset);
        const dataset = known ?? (await scope.datasets.create({ name: input.dataset, createdBy: ctx.actor }));
        const { made, version } = await scope.datasets.append(dataset.id, [example], {
          createdBy: ctx.actor,
          note: "From a trace",
        });
        const result = { dataset: dataset.name, version: version.number, made };
        return { subject: dataset.id, after: { ...result, trace: input.id }, result };
      });
    }),

  /** Makes examples of all requests that a filter finds, the newest first, each question once. */
  saveExamples: orgProcedure("tuning:write")
    .input(
      z.object({
        filter: filters,
        dataset: title,
        expected: z.enum(expectations),
        /** Requests that are looked at. */
        most: z.int().min(1).max(2000).default(500),
      }),
    )
    .output(
      z.object({
        dataset: z.string(),
        version: z.int().nullable(),
        added: z.int(),
        /** That asked what another did, or an example that was there. */
        same: z.int(),
        unusable: z.int(),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { dataset: called, expected, filter, most } = input;
      const find = async (scope: OrganizationScope) =>
        (await scope.datasets.list()).find(({ name: one }) => one === called);
      const latest = (await find(ctx.scope))?.latest ?? null;
      const known = latest === null ? none() : ctx.scope.datasets.stream(latest.id);
      const found = await collectExamples(ctx.scope, filterOf(filter), expected, { known, most });
      const counts = { same: found.same, unusable: found.unusable };
      if (found.examples.length === 0) {
        return { dataset: called, version: latest?.number ?? null, added: 0, ...counts };
      }
      return ctx.change(async (scope) => {
        const dataset = (await find(scope)) ?? (await scope.datasets.create({ name: called, createdBy: ctx.actor }));
        const { version } = await scope.datasets.append(dataset.id, found.examples, {
          createdBy: ctx.actor,
          note: `From ${found.looked} traces`,
        });
        const result = { dataset: called, version: version.number, added: found.examples.length, ...counts };
        return { subject: dataset.id, after: result, result };
      });
    }),

  /** What of requests is kept, and for how long, in general and for projects that have a policy of their own. */
  policy: orgProcedure("traces:read")
    .output(policy)
    .query(
      async ({ ctx }) =>
        (await ctx.scope.settings.get(policySetting, tracePolicies)) ?? { usual: usualPolicy, projects: {} },
    ),

  /** Sets a policy; it holds for what comes, its days for all there is. */
  setPolicy: orgProcedure("traces:write")
    .input(z.object({ project: id.nullable(), policy: tracePolicy.nullable() }))
    .output(policy)
    .mutation(async ({ ctx, input }) => {
      const result = await ctx.change(async (scope) => {
        const before: TracePolicies = (await scope.settings.get(policySetting, tracePolicies)) ?? {
          usual: usualPolicy,
          projects: {},
        };
        if (input.project !== null) await scope.projects.get(input.project);
        const { [input.project ?? ""]: _, ...others } = before.projects;
        const after =
          input.project === null
            ? { ...before, usual: input.policy ?? usualPolicy }
            : { ...before, projects: input.policy === null ? others : { ...others, [input.project]: input.policy } };
        await scope.settings.set(policySetting, after);
        return {
          subject: input.project ?? ctx.organizationId,
          before: policyOf(before, input.project),
          after: policyOf(after, input.project),
          result: after,
        };
      });
      await ctx.management.traces.refresh();
      return result;
    }),
});

function filterOf(given: z.output<typeof filters>): TraceFilter {
  const to = given.to ?? new Date(Date.now() + 60_000);
  const { key, minCostMicroUsd, minMs, minTtftMs, project, status, user, ...rest } = given;
  const micros = (ms: number | undefined) => (ms === undefined ? undefined : Math.round(ms * 1000));
  return {
    ...rest,
    from: given.from ?? new Date(to.getTime() - 7 * dayMs),
    to,
    apiKeyId: key,
    userId: user,
    projectId: project,
    statuses:
      status === undefined
        ? undefined
        : status === "not-done"
          ? traceStatuses.filter((one) => one !== "done")
          : [status],
    leastDurationUs: micros(minMs),
    leastTtftUs: micros(minTtftMs),
    leastPicoUsd: minCostMicroUsd === undefined ? undefined : BigInt(Math.round(minCostMicroUsd * 1e6)),
  };
}

function readCursor(text: string): { readonly at: Date; readonly id: string } {
  const [at = "", traceId = ""] = text.split("_", 2);
  const parsed = z.object({ at: when, id }).safeParse({ at, id: traceId });
  if (parsed.success) return parsed.data;
  throw new RefusedError("BAD_REQUEST", "This is no cursor of a page.", {
    reason: "invalid",
    hint: "Give back the nextCursor that you were given.",
  });
}

interface Naming {
  readonly scope: OrganizationScope;
  readonly management: Management;
}

async function named(traces: readonly TraceInfo[], { management, scope }: Naming) {
  const users = traces.flatMap(({ userId }) => userId ?? []);
  const [keys, projects, people, feedback] = await Promise.all([
    traces.some(({ apiKeyId }) => apiKeyId !== null) ? scope.keys.list() : [],
    traces.some(({ projectId }) => projectId !== null) ? scope.projects.list({ archived: true }) : [],
    users.length > 0 ? management.database.people.names([...new Set(users)]) : new Map<string, string>(),
    scope.traces.feedback.of(traces.map((one) => one.id)),
  ]);
  const names = new Map([...keys, ...projects].map((one) => [one.id, one.name]));
  for (const [userId, called] of people) names.set(userId, called);
  const called = (of: string | null) => (of === null ? null : { id: of, name: names.get(of) ?? of.slice(0, 8) });
  return traces.map((one) => {
    const thumbs = feedback.filter(({ kind, traceId }) => traceId === one.id && kind === "thumb");
    return {
      id: one.id,
      at: one.at.toISOString(),
      requestId: one.requestId,
      kind: one.kind,
      model: one.model,
      target: one.target,
      alias: one.alias,
      status: one.status,
      httpStatus: one.httpStatus,
      error: one.error,
      cache: one.cache,
      inputTokens: one.inputTokens,
      cachedTokens: one.cachedTokens,
      outputTokens: one.outputTokens,
      ttftMs: one.ttftUs === null ? null : one.ttftUs / 1000,
      queueMs: one.queueUs === null ? null : one.queueUs / 1000,
      durationMs: one.durationUs / 1000,
      costMicroUsd: Number(microUsdText(one.amountPicoUsd)),
      preview: one.preview,
      key: called(one.apiKeyId),
      user: called(one.userId),
      project: called(one.projectId),
      thumbs: thumbs.length === 0 ? null : thumbs.reduce((sum, { value }) => sum + (value === 1 ? 1 : -1), 0),
    };
  });
}

function shownSpan(one: SpanInfo, begin: Date) {
  return {
    id: one.spanId,
    parentId: one.parentId,
    name: one.name,
    service: one.service,
    startMs: one.at.getTime() - begin.getTime() + one.atUs / 1000,
    durationMs: one.durationUs / 1000,
    failed: one.failed,
    attributes: { ...one.attributes },
  };
}

function shownOpinion(one: FeedbackInfo, names: ReadonlyMap<string, string>) {
  const by = names.get(one.createdBy) ?? (one.createdBy.startsWith("key:") ? "an API key" : one.createdBy);
  return { id: one.id, kind: one.kind, value: one.value, text: one.text, by, at: one.createdAt.toISOString() };
}
