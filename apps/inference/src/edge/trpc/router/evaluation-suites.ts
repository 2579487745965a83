import { z } from "zod";
import { recordedEvaluation } from "../../../domain/evaluations/start.ts";
import { importSuite, modelFor, servedNames } from "../../../domain/evaluations/suite/import-suite.ts";
import { readSuite } from "../../../domain/evaluations/suite/read-suite.ts";
import { id, title } from "../shapes.ts";
import { orgProcedure } from "../trpc.ts";

const reference = z.string().trim().min(1).max(300);
const suiteText = z.string().min(1).max(2_000_000);

/** Of suites of tests that come from elsewhere. */
export const suiteProcedures = {
  /** What a suite of tests (promptfoo's YAML) would become, and what of it would be left out; keeps nothing. */
  readSuite: orgProcedure("evaluations:write")
    .input(z.object({ text: suiteText }))
    .output(
      z.object({
        name: z.string(),
        prompts: z.array(z.string()),
        /** Each with the model here that has its name; null where one must be chosen. */
        providers: z.array(z.object({ id: z.string(), model: z.string().nullable() })),
        tests: z.int(),
        judges: z.boolean(),
        models: z.array(z.string()),
        notSupported: z.array(z.object({ what: z.string(), times: z.int() })),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { examples, judges, name, notSupported, prompts, providers } = readSuite(input.text);
      const models = await servedNames(ctx.scope);
      return {
        name,
        prompts: prompts.map((one) => one.name),
        providers: providers.map((one) => ({ id: one.id, model: modelFor(one.id, models) ?? null })),
        tests: examples.length,
        judges,
        models,
        notSupported: [...notSupported],
      };
    }),

  /** Makes a dataset, prompts and an evaluator of a suite, and begins its evaluation. */
  importSuite: orgProcedure("evaluations:write")
    .input(
      z.object({
        text: suiteText,
        name: title.optional(),
        /** Which model stands for each provider. */
        models: z.record(z.string(), reference).default({}),
        judge: reference.optional(),
      }),
    )
    .output(
      z.object({
        evaluation: id,
        job: id,
        dataset: z.string(),
        prompts: z.array(z.string()),
        evaluator: z.string(),
        notSupported: z.array(z.object({ what: z.string(), times: z.int() })),
      }),
    )
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const made = await importSuite(scope, { ...input, name: input.name, judge: input.judge, actor: ctx.actor });
        const { dataset, evaluation: begun, evaluator, job, notSupported, prompts } = made;
        const result = { evaluation: begun.id, job, dataset, prompts, evaluator, notSupported: [...notSupported] };
        return { subject: begun.id, after: { ...recordedEvaluation(begun), prompts }, result };
      }),
    ),
};
