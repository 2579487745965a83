import { z } from "zod";
import { evaluationConfig } from "../../domain/evaluations/config.ts";
import { runEvaluation } from "../../domain/evaluations/run.ts";
import { summarise } from "../../domain/evaluations/summary.ts";
import { defineJob, JobError } from "../define.ts";
import { evaluationKind } from "./evaluations-run-input.ts";

/**
 * Compares candidates over a dataset's version. Each finished example is a row, kept with its answers and scores:
 * whatever ends the process, the next run goes on behind it.
 */
export const evaluationRun = defineJob({
  ...evaluationKind,
  result: z.object({ evaluation: z.string(), sentence: z.string() }),
  backoff: { firstMs: 2000, mostMs: 60_000 },
  concurrency: 2,
  async run({ commit, input, progress, scope, services, signal }) {
    const { ask } = services;
    if (ask === undefined) throw new JobError("This process serves no models.", { final: true });
    const evaluation = await scope.evaluations.get(input.evaluation);
    const config = evaluationConfig.parse(evaluation.config);
    progress({ stage: "asking the candidates", done: evaluation.done, total: evaluation.total });
    await scope.evaluations.note(evaluation.id, "running");
    const { stoppedEarly } = await runEvaluation({
      scope,
      evaluation,
      config,
      ask,
      signal,
      keep: (rows, costPicoUsd) =>
        commit(async (tx) => {
          await tx.evaluations.addRows(evaluation.id, rows, costPicoUsd);
          return { result: undefined };
        }),
      onProgress: (done) => progress({ stage: "asking the candidates", done, total: evaluation.total }),
    });
    progress({ stage: "comparing", done: evaluation.total, total: evaluation.total });
    const summary = summarise({
      candidates: config.candidates.map(({ name }) => name),
      evaluators: config.evaluators.map(({ name }) => name),
      rows: await scope.evaluations.rows(evaluation.id),
      looked: config.stopEarly,
    });
    await commit(async (tx) => {
      await tx.evaluations.finish(evaluation.id, stoppedEarly ? "stopped-early" : "done", summary);
      return { result: undefined };
    });
    return { evaluation: evaluation.id, sentence: summary.sentence };
  },
});
