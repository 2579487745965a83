/** `tug`: exit code 0 when done, 1 when failed with a sentence on stderr, 2 on wrong usage. */
import { Command, CommanderError } from "commander";
import { version } from "../env.ts";
import { backupCommand, restoreCommand } from "./commands/backup.ts";
import { batchCommand } from "./commands/batch.ts";
import { benchCommand } from "./commands/bench.ts";
import { datasetsCommand } from "./commands/datasets.ts";
import { deploymentsCommand } from "./commands/deployments.ts";
import { docsCommand } from "./commands/docs.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { evalCommand } from "./commands/eval.ts";
import { flowsCommand } from "./commands/flows.ts";
import { invoicesCommand } from "./commands/invoices.ts";
import { keysCommand } from "./commands/keys.ts";
import { modelsCommand } from "./commands/models.ts";
import { explainCommand, planCommand, shipCommand } from "./commands/plan.ts";
import { pretrainCommand } from "./commands/pretrain.ts";
import { promptsCommand } from "./commands/prompts.ts";
import { runCommand } from "./commands/run.ts";
import { tasksCommand } from "./commands/tasks.ts";
import { tourCommand } from "./commands/tour.ts";
import { tuneCommand } from "./commands/tune.ts";
import { reconcileCommand, usageCommand } from "./commands/usage.ts";
import { usersCommand } from "./commands/users.ts";
import { CliError, printFailure } from "./output.ts";

const program = new Command("tug")
  .description("Tugboat: small open models, served and measured on your machine.")
  .version(version)
  .option("--json", "print JSON for scripts")
  .showHelpAfterError("Run with --help to see what it takes.")
  .configureHelp({ showGlobalOptions: true })
  .addCommand(doctorCommand())
  .addCommand(modelsCommand())
  .addCommand(deploymentsCommand())
  .addCommand(runCommand())
  .addCommand(benchCommand())
  .addCommand(batchCommand())
  .addCommand(datasetsCommand())
  .addCommand(promptsCommand())
  .addCommand(keysCommand())
  .addCommand(tourCommand())
  .addCommand(usageCommand())
  .addCommand(reconcileCommand())
  .addCommand(tasksCommand())
  .addCommand(flowsCommand())
  .addCommand(docsCommand())
  .addCommand(planCommand())
  .addCommand(explainCommand())
  .addCommand(shipCommand())
  .addCommand(invoicesCommand())
  .addCommand(tuneCommand())
  .addCommand(pretrainCommand())
  .addCommand(evalCommand())
  .addCommand(usersCommand())
  .addCommand(backupCommand())
  .addCommand(restoreCommand());

/** Every command of the tree throws instead of exiting, takes `--json`, and words errors the same way. */
function prepare(command: Command, json: boolean): void {
  command.exitOverride();
  if (json) command.configureOutput({ writeErr: () => {} });
  if (command !== program) command.option("--json", "print JSON for scripts");
  for (const child of command.commands) prepare(child, json);
}

const wantsJson = process.argv.includes("--json");
prepare(program, wantsJson);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
// The engine's threads and the database's pool may still be winding down.
process.exit();

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    const message = error.message.replace(/^error: /, "");
    const said = error.code.startsWith("commander.help") || !wantsJson;
    if (said) return 2;
    printFailure(new CliError("usage", message, "Run with --help to see what it takes.", 2), true);
    return 2;
  }
  printFailure(error, wantsJson);
  return error instanceof CliError ? error.exitCode : 1;
}
