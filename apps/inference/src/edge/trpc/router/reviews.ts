import { z } from "zod";
import { collect, intoPrompt } from "../../../domain/evaluations/collect.ts";
import { EvaluationError, evaluationConfig } from "../../../domain/evaluations/config.ts";
import {
  figuresOf,
  makeItems,
  nextItem,
  queueConfig,
  queueItems,
  reviewFigures,
  reviewKinds,
} from "../../../domain/evaluations/reviews.ts";
import { id, moment, title } from "../shapes.ts";
import { orgProcedure, router, userIds } from "../trpc.ts";

const kind = z.enum(reviewKinds);

const queue = z.object({
  id,
  name: z.string(),
  kind,
  evaluationId: id,
  items: z.int(),
  reviews: z.int(),
  /** Of the caller's own. */
  mine: z.int(),
  overlap: z.int(),
  createdAt: moment,
});

const said = z.object({
  rating: z.int().min(1).max(10).nullable().default(null),
  label: z.string().max(60).nullable().default(null),
  /** Of a pair: the side as it was shown. */
  preferred: z.enum(["left", "right", "tie", "neither"]).nullable().default(null),
  correction: z.string().max(20_000).nullable().default(null),
  comment: z.string().max(4000).nullable().default(null),
  seconds: z.number().min(0).max(86_400).default(0),
});

export const reviewsRouter = router({
  list: orgProcedure("reviews:read")
    .output(z.object({ queues: z.array(queue) }))
    .query(async ({ ctx }) => {
      const queues = await ctx.scope.reviews.queues();
      return {
        queues: await Promise.all(
          queues.map(async (one) => {
            const reviews = await ctx.scope.reviews.of(one.id);
            return {
              id: one.id,
              name: one.name,
              kind: kind.parse(one.kind),
              evaluationId: one.evaluationId,
              items: queueItems.parse(one.items).length,
              reviews: reviews.length,
              mine: reviews.filter(({ reviewer }) => reviewer === ctx.actor).length,
              overlap: queueConfig.parse(one.config).overlap,
              createdAt: one.createdAt.toISOString(),
            };
          }),
        ),
      };
    }),

  /** What the caller looks at next, blind: no word of who answered. */
  next: orgProcedure("reviews:read")
    .input(z.object({ queue: id }))
    .output(
      z.object({
        name: z.string(),
        kind,
        highest: z.int(),
        labels: z.array(z.string()),
        items: z.int(),
        mine: z.int(),
        item: z
          .object({
            number: z.int(),
            input: z.json(),
            expected: z.json(),
            left: z.string(),
            right: z.string().nullable(),
          })
          .nullable(),
      }),
    )
    .query(async ({ ctx, input }) => {
      const found = await ctx.scope.reviews.queue(input.queue);
      const config = queueConfig.parse(found.config);
      const items = queueItems.parse(found.items);
      const reviews = await ctx.scope.reviews.of(found.id);
      const mine = reviews.filter(({ reviewer }) => reviewer === ctx.actor).length;
      const head = {
        name: found.name,
        kind: kind.parse(found.kind),
        highest: config.highest,
        labels: config.labels,
        items: items.length,
        mine,
      };
      const number = nextItem(items.length, reviews, ctx.actor, config.overlap);
      const item = number === undefined ? undefined : items[number];
      if (number === undefined || item === undefined) return { ...head, item: null };
      const evaluation = await ctx.scope.evaluations.get(found.evaluationId);
      const row = await ctx.scope.evaluations.row(found.evaluationId, item.position);
      const outputs = await ctx.scope.evaluationOutputs.byId(row.outputs);
      const text = (candidate: number) => outputs.find((one) => one.id === row.outputs[candidate])?.text ?? "";
      const { examples } = await ctx.scope.datasets.page(evaluation.datasetVersionId, {
        after: item.position - 1,
        limit: 1,
      });
      const [example] = examples;
      const [left, right] = item.b === null ? [item.a, null] : item.swapped ? [item.b, item.a] : [item.a, item.b];
      return {
        ...head,
        item: {
          number,
          input: z.json().parse(example?.input ?? row.preview),
          expected: z.json().parse(example?.expected ?? null),
          left: text(left),
          right: right === null ? null : text(right),
        },
      };
    }),

  create: orgProcedure("reviews:write")
    .input(
      z.object({
        evaluation: id,
        name: title,
        kind,
        highest: queueConfig.shape.highest,
        labels: queueConfig.shape.labels,
        overlap: queueConfig.shape.overlap,
        limit: z.int().min(1).max(2000).default(50),
      }),
    )
    .output(z.object({ queue: id, items: z.int() }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const evaluation = await scope.evaluations.get(input.evaluation);
        const config = evaluationConfig.parse(evaluation.config);
        const candidates = config.candidates.map(({ name }) => name);
        const rows = await scope.evaluations.rows(evaluation.id);
        const outputs = await scope.evaluationOutputs.byId(rows.flatMap((row) => row.outputs));
        const texts = new Map(outputs.map((one) => [one.id, one.text?.trim() ?? ""]));
        const of = (row: number, candidate: number) => texts.get(rows[row]?.outputs[candidate] ?? "");
        const items = makeItems(input.kind, rows, candidates.length, {
          limit: input.limit,
          seed: Number.parseInt(evaluation.id.slice(-8), 16),
          differ: (row, a, b) => of(row, a) !== of(row, b),
        });
        if (items.length === 0) {
          const hint = "Pairs need an evaluation of two candidates that say something different.";
          throw new EvaluationError("not-ready", "There is nothing to review in this evaluation yet.", hint);
        }
        const { highest, labels, overlap } = input;
        const made = await scope.reviews.createQueue({
          evaluationId: evaluation.id,
          name: input.name,
          kind: input.kind,
          config: { candidates, highest, labels, overlap },
          items,
          createdBy: ctx.actor,
        });
        const after = { name: made.name, kind: made.kind, items: items.length };
        return { subject: made.id, after, result: { queue: made.id, items: items.length } };
      }),
    ),

  /** Keeps the caller's judgement of an item; their earlier one of the same gives way. */
  submit: orgProcedure("reviews:write")
    .input(z.object({ queue: id, item: z.int().min(0) }).extend(said.shape))
    .output(z.object({ item: z.int() }))
    .mutation(({ ctx, input: { item, preferred, queue: queueId, ...rest } }) =>
      ctx.change(async (scope) => {
        const found = await scope.reviews.queue(queueId);
        const { highest } = queueConfig.parse(found.config);
        const shown = queueItems.parse(found.items)[item];
        const wrong =
          shown === undefined ||
          (found.kind === "pairs" ? preferred === null : rest.rating === null || rest.rating > highest);
        if (wrong) {
          const hint = found.kind === "pairs" ? "Choose a side, a tie or neither." : `Rate it from 1 to ${highest}.`;
          throw new EvaluationError("invalid", "This is no judgement of this item.", hint);
        }
        const side = preferred === "left" || preferred === "right";
        const chosen = side ? ((preferred === "left") === !shown.swapped ? "a" : "b") : preferred;
        await scope.reviews.keep({ queueId, item, reviewer: ctx.actor, preferred: chosen, ...rest });
        return { subject: queueId, after: { item }, result: { item } };
      }),
    ),

  takeBack: orgProcedure("reviews:write")
    .input(z.object({ queue: id, item: z.int().min(0) }))
    .output(z.object({ item: z.int() }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        await scope.reviews.queue(input.queue);
        await scope.reviews.takeBack(input.queue, input.item, ctx.actor);
        return { subject: input.queue, after: { item: input.item }, result: { item: input.item } };
      }),
    ),

  /** Who is preferred, and how far people agree. */
  figures: orgProcedure("reviews:read")
    .input(z.object({ queue: id }))
    .output(
      reviewFigures.extend({
        name: z.string(),
        kind,
        evaluationId: id,
        people: z.array(z.object({ id: z.string(), name: z.string(), reviews: z.int() })),
      }),
    )
    .query(async ({ ctx, input }) => {
      const found = await ctx.scope.reviews.queue(input.queue);
      const reviews = await ctx.scope.reviews.of(found.id);
      const reviewers = [...new Set(reviews.map(({ reviewer }) => reviewer))];
      const names = await ctx.management.database.people.names(userIds(reviewers));
      const config = queueConfig.parse(found.config);
      const figures = figuresOf(kind.parse(found.kind), config, queueItems.parse(found.items), reviews);
      return {
        ...figures,
        name: found.name,
        kind: kind.parse(found.kind),
        evaluationId: found.evaluationId,
        people: reviewers.map((one) => ({
          id: one,
          name: names.get(one) ?? one,
          reviews: reviews.filter(({ reviewer }) => reviewer === one).length,
        })),
      };
    }),

  /** What people corrected, or preferred, becomes a version of a dataset. */
  collect: orgProcedure("reviews:write")
    .input(z.object({ queue: id, dataset: z.string().trim().min(1).max(100) }))
    .output(z.object({ dataset: z.string(), version: z.int(), examples: z.int(), made: z.boolean() }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const result = await collect(scope, input.queue, input.dataset, ctx.actor);
        return { subject: input.queue, after: { ...result }, result };
      }),
    ),

  /** What people corrected, or rated best, becomes examples within a new version of a prompt. */
  intoPrompt: orgProcedure("prompts:write")
    .input(z.object({ queue: id, prompt: z.string().trim().min(1).max(200) }))
    .output(z.object({ prompt: z.string(), version: z.int(), examples: z.int() }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const result = await intoPrompt(scope, input.queue, input.prompt, ctx.actor);
        return { subject: input.queue, after: { ...result }, result };
      }),
    ),

  remove: orgProcedure("reviews:write")
    .input(z.object({ id }))
    .output(z.object({ id }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const before = await scope.reviews.queue(input.id);
        await scope.reviews.removeQueue(before.id);
        return { subject: before.id, before: { name: before.name, kind: before.kind }, result: { id: before.id } };
      }),
    ),
});
