import type { EvaluatorInfo } from "@tugboat/db";
import { z } from "zod";
import { EvaluationError } from "../../../domain/evaluations/config.ts";
import { deterministic } from "../../../domain/evaluators/deterministic.ts";
import { runCode } from "../../../domain/evaluators/sandbox.ts";
import { evaluatorSpec } from "../../../domain/evaluators/spec.ts";
import { id, moment, seen } from "../shapes.ts";
import { orgProcedure, router } from "../trpc.ts";

const name = z
  .string()
  .trim()
  .regex(/^[a-z0-9][a-z0-9-]{0,59}$/, "A name has lower-case letters, digits and hyphens, at most 60.");
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

  /** Judges one answer, without a model; keeps nothing. */
  try: orgProcedure("evaluations:write")
    .input(z.object({ spec: evaluatorSpec, input: z.json(), expected: z.json().default(null), text: z.string() }))
    .output(z.object({ value: z.number().nullable(), reason: z.string().nullable() }))
    .mutation(async ({ input: { expected, input, spec, text } }) => {
      const output = { text, calls: [], latencyMs: 0, costMicroUsd: 0, outputTokens: 0 };
      const example = { input, expected };
      const evaluate = evaluatorOf(spec);
      if (spec.kind !== "code" && evaluate === undefined) {
        const hint = "Begin an evaluation on a few examples.";
        throw new EvaluationError("invalid", "This evaluator asks a model, so it is tried in an evaluation.", hint);
      }
      const score =
        spec.kind === "code" ? await runCode(spec.source, output, example) : evaluate?.(output, expected, example);
      return { value: score?.value ?? null, reason: score?.reason ?? null };
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
