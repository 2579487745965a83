import { writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { Database, EvaluationInfo } from "@tugboat/db";
import { evaluationConfig } from "../../domain/evaluations/config.ts";
import { checkCondition, junitOf, parseCondition } from "../../domain/evaluations/fail-if.ts";
import { type EvaluationSummary, evaluationSummary } from "../../domain/evaluations/summary.ts";
import { type CliContext, homeScope } from "../context.ts";
import { CliError, ProgressLine, printJson, table } from "../output.ts";
import { serviceAnswers } from "../service-answers.ts";

/** What is to be done with an evaluation that was begun. */
export interface Outcome {
  readonly wait?: boolean;
  readonly failIf?: string;
  readonly junit?: string;
}

/** @throws CliError, EvaluationError; before anything is begun: a condition that makes no sense should not cost an evaluation */
export function checkOutcome({ failIf, junit }: Outcome): void {
  if (junit !== undefined && failIf === undefined) {
    throw new CliError("usage", "--junit needs --fail-if.", 'Add --fail-if "accuracy < 0.8".', 2);
  }
  if (failIf !== undefined) parseCondition(failIf);
}

/** Waits where that is asked for, says what came out, and ends with 1 when the condition holds. */
export async function conclude(
  context: CliContext,
  database: Database,
  { evaluation, job }: { readonly evaluation: EvaluationInfo; readonly job: string },
  title: string,
  { failIf, junit, wait }: Outcome,
): Promise<void> {
  const startedAt = performance.now();
  const condition = failIf === undefined ? undefined : parseCondition(failIf);
  if (wait !== true && condition === undefined) {
    if (context.json) return printJson({ evaluation: evaluation.id, job, n: evaluation.total });
    process.stdout.write(`Evaluation ${evaluation.id} compares on ${evaluation.total} examples.\n`);
    return;
  }
  await serviceAnswers(context, "run");
  const done = await waitFor(database, evaluation.id, job);
  const summary = evaluationSummary.parse(done.summary);
  const evaluators = evaluationConfig.parse(done.config).evaluators.map(({ name }) => name);
  const results = condition === undefined ? [] : checkCondition(condition, summary, evaluators);
  if (junit !== undefined && failIf !== undefined) {
    await writeFile(junit, junitOf(title, failIf, results, (performance.now() - startedAt) / 1000));
  }
  const failures = results.filter(({ fails }) => fails).map(({ sentence }) => sentence);
  print(context, done, summary, failures);
  if (failures.length > 0) {
    if (!context.json) process.stderr.write(`${failures.join("\n")}\n`);
    process.exitCode = 1;
  }
}

async function waitFor(database: Database, id: string, jobId: string): Promise<EvaluationInfo> {
  const line = new ProgressLine();
  const scope = homeScope(database);
  for (;;) {
    const job = await scope.jobs.get(jobId);
    const now = await scope.evaluations.get(id);
    if (job.state === "done" || now.summary !== null) {
      line.clear();
      return now;
    }
    if (job.state === "failed" || job.state === "cancelled") {
      line.clear();
      throw new CliError("failed", job.error ?? `The evaluation was ${job.state}.`, job.hint ?? undefined);
    }
    line.show(`${now.done} of ${now.total} examples`);
    await pause(300);
  }
}

function print(
  context: CliContext,
  { id }: EvaluationInfo,
  summary: EvaluationSummary,
  failures: readonly string[],
): void {
  const candidates = summary.candidates.map(({ costPer1k, failed, latencyP95Ms, name, scores }) => {
    const { high = 1, low = 0, score = 0 } = scores[0] ?? {};
    return { name, score, low, high, latencyP95Ms, costPer1k, failed };
  });
  if (context.json) {
    const comparisons = summary.comparisons
      .filter(({ evaluator }) => evaluator === 0)
      .map(({ a, b, difference, high, low, p }) => ({ a, b, difference, low, high, p }));
    const { n, sentence, warnings } = summary;
    printJson({ evaluation: id, n, candidates, comparisons, sentence, warnings, failures });
    return;
  }
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  process.stdout.write(`${summary.sentence}\n\n`);
  process.stdout.write(
    table(
      ["candidate", "score", "95 % interval", "p95", "$ / 1k", "failed"],
      candidates.map((one) => [
        one.name,
        percent(one.score),
        `${percent(one.low)} to ${percent(one.high)}`,
        `${Math.round(one.latencyP95Ms)} ms`,
        one.costPer1k.toFixed(4),
        String(one.failed),
      ]),
    ),
  );
  for (const warning of summary.warnings) process.stdout.write(`\n${warning}`);
  process.stdout.write("\n");
}
