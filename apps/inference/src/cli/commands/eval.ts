import { Command } from "commander";
import { type Candidate, evaluationConfig } from "../../domain/evaluations/config.ts";
import { recordedEvaluation, startEvaluation } from "../../domain/evaluations/start.ts";
import { type CliContext, changeHome, contextOf, withDatabase } from "../context.ts";
import { integer } from "../options.ts";
import { CliError } from "../output.ts";
import { importCommand } from "./eval-import.ts";
import { checkOutcome, conclude, type Outcome } from "./eval-outcome.ts";

interface EvalOptions extends Outcome {
  readonly candidate: readonly string[];
  readonly evaluator: readonly string[];
  readonly instruction?: string;
  readonly maxTokens: number;
  readonly split?: string;
  readonly limit?: number;
  readonly stopEarly?: boolean;
}

const another = (value: string, before: readonly string[]) => [...before, value];

export function evalCommand(): Command {
  const command = new Command("eval")
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
    .action((dataset: string, options: EvalOptions, self: Command) => run(contextOf(self), dataset, options));
  return command.addCommand(importCommand());
}

async function run(context: CliContext, dataset: string, options: EvalOptions): Promise<void> {
  if (options.candidate.length === 0) {
    throw new CliError("usage", "Name at least one candidate.", "--candidate tug-small, for instance.", 2);
  }
  checkOutcome(options);
  await withDatabase(context, async (database) => {
    const started = await changeHome(database, "evaluations.create", async (tx) => {
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
    await conclude(context, database, started, `tug eval ${dataset}`, options);
  });
}

function candidateOf(said: string, { instruction, maxTokens }: EvalOptions): Candidate {
  const at = said.indexOf("=");
  const [name, model] = at > 0 ? [said.slice(0, at), said.slice(at + 1)] : [said, said];
  return { name, model, temperature: 0, maxTokens, ...(instruction !== undefined && { instruction }) };
}
