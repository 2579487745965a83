import type { EvaluatorInfo } from "@tugboat/db";
import { z } from "zod";
import { EvaluationError, evaluationConfig } from "../../../domain/evaluations/config.ts";
import { calibrationsOf, evaluationCalibration } from "../../../domain/evaluations/judge-agreement.ts";
import { type AskFor, scoreOutput } from "../../../domain/evaluations/score.ts";
import { deterministic } from "../../../domain/evaluators/deterministic.ts";
import { evaluatorSpec } from "../../../domain/evaluators/spec.ts";
import { id, moment, seen } from "../shapes.ts";
import { orgProcedure, router, userIds } from "../trpc.ts";

const name = z
  .string()
  .trim()
  .regex(/^[a-z0-9][a-z0-9-]{0,59}$/, "A name has lower-case letters, digits and hyphens, at most 60.");
/** For a try-out: a model may have to be loaded first. */
const patienceMs = 120_000;
/** Evaluations whose reviews tell of a judge. */
const looksBack = 20;
const description = z.string().trim().max(300).default("");

const evaluator = z.object({
  id,
  name: z.string(),
  description: z.string(),
  spec: evaluatorSpec,
  createdAt: moment,
  updatedAt: moment,
});

export const evaluatorsRouter = router({
  list: orgProcedure("evaluations:read")
    .output(z.object({ evaluators: z.array(evaluator) }))
    .query(async ({ ctx }) => ({ evaluators: (await ctx.scope.evaluators.list()).map(shown) })),

  create: orgProcedure("evaluations:write")
    .input(z.object({ name, description, spec: evaluatorSpec }))
    .output(evaluator)
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        evaluatorOf(input.spec);
        const made = await scope.evaluators.create({ ...input, createdBy: ctx.actor });
        return { subject: made.id, after: recorded(made), result: shown(made) };
      }),
    ),

  update: orgProcedure("evaluations:write")
    .input(z.object({ id, description, spec: evaluatorSpec, updatedAt: seen }))
    .output(evaluator)
    .mutation(({ ctx, input: { id: which, updatedAt, ...change } }) =>
      ctx.change(async (scope) => {
        const before = await scope.evaluators.get(which);
        evaluatorOf(change.spec);
        const after = await scope.evaluators.update(which, change, updatedAt);
        return { subject: which, before: recorded(before), after: recorded(after), result: shown(after) };
      }),
    ),

  remove: orgProcedure("evaluations:write")
    .input(z.object({ id }))
    .output(z.object({ id }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const before = await scope.evaluators.get(input.id);
        await scope.evaluators.remove(before.id);
        return { subject: before.id, before: recorded(before), result: { id: before.id } };
      }),
    ),

  /** Judges one answer; keeps nothing. A judging model is asked, and paid for, as in an evaluation. */
  try: orgProcedure("evaluations:write")
    .input(
      z.object({
        spec: evaluatorSpec,
        input: z.json(),
        expected: z.json().default(null),
        text: z.string().max(100_000),
        /** What a judge of pairs compares it with. */
        other: z.string().max(100_000).optional(),
      }),
    )
    .output(z.object({ value: z.number().nullable(), reason: z.string().nullable(), costMicroUsd: z.number() }))
    .mutation(async ({ ctx, input: { expected, input, other, spec, text } }) => {
      evaluatorOf(spec);
      const said = (words: string) => ({ text: words, calls: [], latencyMs: 0, costMicroUsd: 0, outputTokens: 0 });
      const { ask } = ctx.management.asking;
      const askFor: AskFor = async (endpoint, body) => {
        if (ask === undefined) {
          throw new EvaluationError("not-ready", "This process serves no models.", "Ask one that does.");
        }
        const signal = AbortSignal.timeout(patienceMs);
        const work = { kind: "evaluation", subject: "try-out" } as const;
        return ask({
          organizationId: ctx.scope.id,
          work,
          endpoint,
          body,
          userId: userIds([ctx.actor])[0] ?? null,
          signal,
        });
      };
      const baseline = other === undefined ? undefined : said(other);
      const score = await scoreOutput(spec, said(text), { input, expected }, baseline, askFor);
      return { value: score.value, reason: score.reason ?? null, costMicroUsd: score.costMicroUsd };
    }),

  /** How far each judging model agrees with people, from the latest reviews of its judgements. */
  calibrations: orgProcedure("evaluations:read")
    .output(z.object({ calibrations: z.array(evaluationCalibration.extend({ evaluation: id })) }))
    .query(async ({ ctx }) => {
      const queues = (await ctx.scope.reviews.queues()).filter(({ kind }) => kind === "rating");
      const evaluations = [...new Set(queues.map(({ evaluationId }) => evaluationId))].slice(0, looksBack);
      const found = await Promise.all(
        evaluations.map(async (evaluation) => {
          const { config } = await ctx.scope.evaluations.get(evaluation);
          const all = await calibrationsOf(ctx.scope, evaluation, evaluationConfig.parse(config));
          return all.map((one) => ({ ...one, evaluation }));
        }),
      );
      return { calibrations: found.flat() };
    }),
});

/** @throws EvaluationError for a pattern or a schema that is none */
function evaluatorOf(spec: z.output<typeof evaluatorSpec>) {
  try {
    return deterministic(spec);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new EvaluationError("invalid", `These settings can't be used: ${message}`, "Correct them and try again.");
  }
}

function recorded({ name: called, spec }: EvaluatorInfo) {
  return { name: called, kind: evaluatorSpec.parse(spec).kind };
}

function shown({ createdAt, description: what, id: own, name: called, spec, updatedAt }: EvaluatorInfo) {
  return {
    id: own,
    name: called,
    description: what,
    spec: evaluatorSpec.parse(spec),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
