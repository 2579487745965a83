import { writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { Database, EvaluationInfo } from "@tugboat/db";
import { Command } from "commander";
import { type Candidate, evaluationConfig } from "../../domain/evaluations/config.ts";
import { checkCondition, junitOf, parseCondition } from "../../domain/evaluations/fail-if.ts";
import { recordedEvaluation, startEvaluation } from "../../domain/evaluations/start.ts";
import { type EvaluationSummary, evaluationSummary } from "../../domain/evaluations/summary.ts";
import { type CliContext, changeHome, contextOf, homeScope, withDatabase } from "../context.ts";
import { integer } from "../options.ts";
import { CliError, ProgressLine, printJson, table } from "../output.ts";
import { serviceAnswers } from "../service-answers.ts";

interface EvalOptions {
  readonly candidate: readonly string[];
  readonly evaluator: readonly string[];
  readonly instruction?: string;
  readonly maxTokens: number;
  readonly split?: string;
  readonly limit?: number;
  readonly stopEarly?: boolean;
  readonly wait?: boolean;
  readonly failIf?: string;
  readonly junit?: string;
}

const another = (value: string, before: readonly string[]) => [...before, value];

export function evalCommand(): Command {
  return new Command("eval")
    .description("compares candidates on a dataset: which is better, by how much, how sure")
    .argument("<dataset>", "its name: support, support@3 or support@latest")
    .option(
      "--candidate <name>",
      "a model, an alias, upstream/model or prompt:name@label, perhaps called something: new=tug-small; repeat it",
      another,
      [],
    )
    .option("--evaluator <name>", "how answers are judged; the first decides; default: normalised", another, [])
    .option("--instruction <text>", "said before each example; {{field}} stands for a field of it")
    .option("--max-tokens <n>", "the longest answer", integer(1, 8192), 256)
    .option("--split <name>", "train, validation or test alone")
    .option("--limit <n>", "at most so many examples", integer(1, 1_000_000))
    .option("--stop-early", "end as soon as the answer is clear")
    .option("--wait", "wait for the result")
    .option("--fail-if <condition>", 'exit with 1 when it holds: "accuracy < production - 0.01"; waits')
    .option("--junit <file>", "write the condition's results as a JUnit file")
    .action((dataset: string, options: EvalOptions, command: Command) => run(contextOf(command), dataset, options));
}

async function run(context: CliContext, dataset: string, options: EvalOptions): Promise<void> {
  if (options.candidate.length === 0) {
    throw new CliError("usage", "Name at least one candidate.", "--candidate tug-small, for instance.", 2);
  }
  if (options.junit !== undefined && options.failIf === undefined) {
    throw new CliError("usage", "--junit needs --fail-if.", 'Add --fail-if "accuracy < 0.8".', 2);
  }
  // Checked now: a condition that makes no sense should not cost an evaluation.
  const condition = options.failIf === undefined ? undefined : parseCondition(options.failIf);
  const startedAt = performance.now();
  await withDatabase(context, async (database) => {
    const { evaluation, job } = await changeHome(database, "evaluations.create", async (tx) => {
      const result = await startEvaluation(tx, {
        name: undefined,
        dataset,
        candidates: options.candidate.map((name) => candidateOf(name, options)),
        evaluators: options.evaluator.length === 0 ? ["normalised"] : options.evaluator,
        split: evaluationConfig.shape.split.parse(options.split ?? null),
        limit: options.limit ?? null,
        stopEarly: options.stopEarly === true,
        actor: "system",
      });
      return { subject: result.evaluation.id, after: recordedEvaluation(result.evaluation), result };
    });
    if (options.wait !== true && condition === undefined) {
      if (context.json) return printJson({ evaluation: evaluation.id, job, n: evaluation.total });
      process.stdout.write(`Evaluation ${evaluation.id} compares on ${evaluation.total} examples.\n`);
      return;
    }
    await serviceAnswers(context, "run");
    const done = await waitFor(database, evaluation.id, job);
    const summary = evaluationSummary.parse(done.summary);
    const evaluators = evaluationConfig.parse(done.config).evaluators.map(({ name }) => name);
    const results = condition === undefined ? [] : checkCondition(condition, summary, evaluators);
    if (options.junit !== undefined && options.failIf !== undefined) {
      const seconds = (performance.now() - startedAt) / 1000;
      await writeFile(options.junit, junitOf(`tug eval ${dataset}`, options.failIf, results, seconds));
    }
    print(
      context,
      done,
      summary,
      results.filter(({ fails }) => fails).map(({ sentence }) => sentence),
    );
    const failed = results.filter(({ fails }) => fails);
    if (failed.length > 0) {
      if (!context.json) process.stderr.write(`${failed.map(({ sentence }) => sentence).join("\n")}\n`);
      process.exitCode = 1;
    }
  });
}

function candidateOf(said: string, { instruction, maxTokens }: EvalOptions): Candidate {
  const at = said.indexOf("=");
  const [name, model] = at > 0 ? [said.slice(0, at), said.slice(at + 1)] : [said, said];
  return { name, model, temperature: 0, maxTokens, ...(instruction !== undefined && { instruction }) };
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
