import { readFile } from "node:fs/promises";
import { Command } from "commander";
import { recordedEvaluation } from "../../domain/evaluations/start.ts";
import { importSuite } from "../../domain/evaluations/suite/import-suite.ts";
import { changeHome, contextOf, withDatabase } from "../context.ts";
import { CliError } from "../output.ts";
import { checkOutcome, conclude, type Outcome } from "./eval-outcome.ts";

interface ImportOptions extends Outcome {
  readonly model: readonly string[];
  readonly judge?: string;
  readonly name?: string;
}

export function importCommand(): Command {
  return new Command("import")
    .description("makes a dataset, prompts and an evaluator of a suite of tests (promptfoo's YAML), and compares")
    .argument("<file>", "the suite: prompts × providers × tests with assertions")
    .option(
      "--model <provider=model>",
      "which model stands for a provider; repeat it",
      (one, before: string[]) => [...before, one],
      [],
    )
    .option("--judge <model>", "reads rubrics")
    .option("--name <name>", "of what is made; default: the suite's description")
    .option("--wait", "wait for the result")
    .option("--fail-if <condition>", 'exit with 1 when it holds: "accuracy < 0.9"; waits')
    .option("--junit <file>", "write the condition's results as a JUnit file")
    .action(async (file: string, _options: unknown, self: Command) => {
      // Those that `tug eval` has too are read by it, wherever they stand.
      const options: ImportOptions = self.optsWithGlobals();
      const context = contextOf(self);
      checkOutcome(options);
      const text = await readFile(file, "utf8").catch(() => {
        throw new CliError("not-found", `${file} can't be read.`, "Name the file of the suite.", 2);
      });
      const models = Object.fromEntries(options.model.map(standsFor));
      await withDatabase(context, async (database) => {
        const made = await changeHome(database, "evaluations.importSuite", async (tx) => {
          const { judge, name } = options;
          const result = await importSuite(tx, { text, name, models, judge, actor: "system" });
          return { subject: result.evaluation.id, after: recordedEvaluation(result.evaluation), result };
        });
        for (const { times, what } of made.notSupported) {
          process.stderr.write(`Left out: ${what}${times > 1 ? ` (${times} times)` : ""}.\n`);
        }
        await conclude(context, database, made, `tug eval import ${file}`, options);
      });
    });
}

function standsFor(pair: string): [string, string] {
  const at = pair.lastIndexOf("=");
  if (at < 1) throw new CliError("usage", `${pair} names no model.`, "Write provider=model.", 2);
  return [pair.slice(0, at), pair.slice(at + 1)];
}
