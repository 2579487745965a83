import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Command } from "commander";
import { z } from "zod";
import { planName, planSpec } from "../../domain/planner/plan.ts";
import { applyTask } from "../../domain/tasks/apply.ts";
import { parseTaskYaml, storedDocument, type TaskDocument } from "../../domain/tasks/document.ts";
import { examplesOfRows } from "../../domain/tasks/examples.ts";
import { loadExamples } from "../../domain/tasks/load-examples.ts";
import { readRows } from "../../domain/tasks/read-rows.ts";
import { evaluatorOf } from "../../tasks/measure.ts";
import { changeHome, contextOf, homeScope, withDatabase } from "../context.ts";
import { CliError, printJson, table } from "../output.ts";

export function tasksCommand(): Command {
  const tasks = new Command("tasks").description("what is wanted of models: declared tasks");
  tasks
    .command("apply")
    .description("makes a task what its document says; applied again it changes nothing")
    .requiredOption("-f, --file <file>", "the task: YAML, or a module that exports defineTask(…)")
    .option("--dry-run", "say what would change, and change nothing")
    .action(async (options: { file: string; dryRun?: boolean }, command: Command) => {
      const context = contextOf(command);
      const document = await readDocument(options.file);
      const beside = resolve(dirname(options.file), document.examples);
      const examples = existsSync(beside) ? examplesOfRows(await readRows(beside), document) : undefined;
      const kept = examples === undefined ? document : { ...document, examples: basename(beside) };
      await withDatabase(context, async (database) => {
        if (examples === undefined) {
          await loadExamples(homeScope(database), kept, { examples: null }).catch((error: unknown) => {
            if (!(error instanceof Error) || !("code" in error) || error.code !== "not-found") throw error;
            throw new CliError(
              "not-found",
              `${document.examples} is neither a file beside ${options.file} nor a dataset.`,
              "`tug datasets push <file> --name <name>` makes a dataset of a file.",
            );
          });
        }
        const dry = options.dryRun === true;
        await evaluatorOf(homeScope(database), kept);
        const applied = await changeHome(database, "tasks.declare", async (tx) => {
          const result = await applyTask(tx, { document: kept, examples, actor: "system" });
          if (dry) throw new DryRun({ ...result, task: result.task.name, version: result.task.version });
          const { changes, task } = result;
          return {
            subject: task.name,
            after: { version: task.version, changes },
            result: { ...result, task: task.name, version: task.version },
          };
        }).catch((error: unknown) => {
          if (error instanceof DryRun) return error.applied;
          throw error;
        });
        if (context.json) return printJson({ ...applied, dryRun: dry });
        const { changes, created, task, version } = applied;
        const would = dry ? "would be " : "";
        if (changes.length === 0) process.stdout.write(`${task} is so already (version ${version}).\n`);
        else
          process.stdout.write(
            `${changes.join("\n")}\n${task} ${would}${created ? "declared" : `changed: version ${version}`}.\n`,
          );
      });
    });
  tasks
    .command("list")
    .description("the tasks, and what serves them")
    .action(async (_options: object, command: Command) => {
      const context = contextOf(command);
      const rows = await withDatabase(context, async (database) => {
        const scope = homeScope(database);
        return Promise.all(
          (await scope.tasks.list()).map(async (task) => {
            const document = storedDocument.parse((await scope.tasks.version(task.id, task.version)).document);
            const [release] = task.release === null ? [] : await scope.tasks.releases(task.id);
            const plan = release && (await scope.tasks.plans(task.id)).find(({ number }) => number === release.plan);
            return {
              task: task.name,
              version: task.version,
              examples: document.examples,
              plan: release?.plan ?? null,
              share: release?.share ?? null,
              serves: plan ? planName(planSpec.parse(plan.spec)) : null,
              model: `task:${task.name}`,
            };
          }),
        );
      });
      if (context.json) return printJson({ tasks: rows });
      if (rows.length === 0) {
        process.stdout.write("No task is declared. `tug tasks apply -f task.yaml` declares one.\n");
        return;
      }
      const cells = rows.map(({ examples, plan, serves, task, version }) => [
        task,
        version,
        examples,
        plan ?? "–",
        serves ?? "not shipped",
      ]);
      process.stdout.write(table(["task", "version", "examples", "plan", "serves by"], cells));
    });
  return tasks;
}

interface AppliedTask {
  readonly task: string;
  readonly version: number;
  readonly created: boolean;
  readonly changes: readonly string[];
}

/** Ends the transaction without its changes. */
class DryRun extends Error {
  readonly applied: AppliedTask;

  constructor(applied: AppliedTask) {
    super("nothing is changed");
    this.applied = applied;
  }
}

const module = z.record(z.string(), z.unknown());
const defined = z.object({ document: storedDocument });

async function readDocument(path: string): Promise<TaskDocument> {
  if (!existsSync(path))
    throw new CliError("not-found", `There is no file ${path}.`, "Give a task's YAML, or a module.");
  if (!/\.[cm]?[jt]s$/.test(path)) return parseTaskYaml(await readFile(path, "utf8"));
  const loaded = module.parse(await importModule(path));
  const found = Object.values(loaded).flatMap((one) => defined.safeParse(one).data?.document ?? []);
  const [document, second] = found;
  if (document === undefined || second !== undefined) {
    throw new CliError(
      "bad-document",
      `${path} exports ${document === undefined ? "no task" : "several tasks"}.`,
      'Export one: export const triage = defineTask({…}), of "@tugboat/inference/tasks".',
    );
  }
  return document;
}

/** Node runs TypeScript by itself from 22.18 on; before, esbuild takes the types out. */
export async function importModule(path: string): Promise<unknown> {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (!/ts$/.test(path) || major > 22 || (major === 22 && minor >= 18))
    return import(pathToFileURL(resolve(path)).href);
  const { transform } = await import("esbuild");
  const { code } = await transform(await readFile(path, "utf8"), { loader: "ts", format: "esm" });
  const text = ["@tugboat/inference/tasks", "@tugboat/inference/flows"].reduce(
    (all, name) => all.replaceAll(name, import.meta.resolve(name)),
    code,
  );
  return import(`data:text/javascript;base64,${Buffer.from(text).toString("base64")}`);
}
