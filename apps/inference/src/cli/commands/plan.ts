import { setTimeout as pause } from "node:timers/promises";
import { Command } from "commander";
import { startPlanning } from "../../domain/tasks/start-planning.ts";
import { explainTask, shipTask } from "../../tasks/explain-task.ts";
import { type CliContext, changeHome, contextOf, homeScope, withDatabase } from "../context.ts";
import { decimal, integer } from "../options.ts";
import { CliError, ProgressLine, printJson } from "../output.ts";
import { serviceAnswers } from "../service-answers.ts";

export function planCommand(): Command {
  return new Command("plan")
    .description("searches for the best way to do a task, in the time you allow")
    .argument("<task>", "its name")
    .option("--minutes <n>", "the time it may take", decimal(0.05, 1440), 5)
    .option("--wait", "wait for what is found")
    .action(async (name: string, options: { minutes: number; wait?: boolean }, command: Command) => {
      const context = contextOf(command);
      await withDatabase(context, async (database) => {
        const { planning } = await changeHome(database, "tasks.plan", async (tx) => {
          const task = await tx.tasks.get(name);
          const result = await startPlanning(tx, task, { actor: "system", minutes: options.minutes, reason: "asked" });
          return { subject: task.name, after: { minutes: options.minutes }, result };
        });
        if (options.wait !== true) {
          if (context.json) return printJson({ planning: planning.id, job: planning.jobId });
          process.stdout.write(`${name} is being planned. \`tug explain ${name}\` shows what was found.\n`);
          return;
        }
        await serviceAnswers(context, "planning");
        const scope = homeScope(database);
        const line = new ProgressLine();
        for (;;) {
          const job = await scope.jobs.get(planning.jobId ?? "");
          if (job.state === "done") break;
          if (job.state === "failed" || job.state === "cancelled") {
            line.clear();
            throw new CliError("failed", job.error ?? `The planning was ${job.state}.`, job.hint ?? undefined);
          }
          const { done, stage, total } = job.progress ?? { done: null, stage: "waiting", total: null };
          line.show(done === null || total === null ? stage : `${stage} (${done} measurements of ${total} at most)`);
          await pause(300);
        }
        line.clear();
        await show(context, await explainTask(scope, name, undefined, planning.id));
      });
    });
}

export function explainCommand(): Command {
  return new Command("explain")
    .description("shows the plan of a task, and why every other one lost")
    .argument("<task>", "its name")
    .option("--plan <n>", "a plan's number; by default the one that serves", integer(1))
    .action(async (name: string, options: { plan?: number }, command: Command) => {
      const context = contextOf(command);
      await withDatabase(context, async (database) =>
        show(context, await explainTask(homeScope(database), name, options.plan)),
      );
    });
}

export function shipCommand(): Command {
  return new Command("ship")
    .description("has a plan serve the task")
    .argument("<task>", "its name")
    .option("--plan <n>", "a plan's number; by default the one that was found last", integer(1))
    .option("--alias <name>", "another name that requests may have for the task")
    .option("--share <percent>", "to a share of the requests first", integer(1, 100), 100)
    .option("--shadow", "asked too for that share, while what serves answers everything: what both say is compared")
    .option("--anyway", "although it does not meet what is required")
    .action(
      async (
        name: string,
        options: { plan?: number; alias?: string; share: number; shadow?: boolean; anyway?: boolean },
        command: Command,
      ) => {
        const context = contextOf(command);
        const shipped = await withDatabase(context, (database) =>
          changeHome(database, "tasks.ship", async (tx) => {
            const result = await shipTask(tx, {
              name,
              plan: options.plan,
              alias: options.alias,
              share: options.share,
              shadow: options.shadow === true,
              anyway: options.anyway === true,
              note: "",
              actor: "system",
            });
            return { subject: name, after: result, result };
          }),
        );
        if (context.json) return printJson(shipped);
        const share = shipped.share < 100 ? ` ${shipped.share} % of` : "";
        if (options.shadow) {
          process.stdout.write(
            `Plan ${shipped.plan} is asked too for ${shipped.share} % of ${name}; nobody sees its answers.\n`,
          );
          return;
        }
        process.stdout.write(`Plan ${shipped.plan} serves${share} ${name}. Call it as the model ${shipped.model}.\n`);
      },
    );
}

async function show({ json }: CliContext, explained: Awaited<ReturnType<typeof explainTask>>): Promise<void> {
  if (json) return printJson(explained);
  process.stdout.write(`${explained.plan?.tree ?? "Nothing was measured."}\n`);
  const { exhaustive, measurements, reused } = explained;
  process.stdout.write(
    `${measurements} measurements${reused > 0 ? ` and ${reused} kept ones` : ""}; an exhaustive search makes ${exhaustive}.\n`,
  );
}
