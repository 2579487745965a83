import { existsSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { CatalogModel, Database, OrganizationScope, TuningRunDetail } from "@tugboat/db";
import type { Samples } from "@tugboat/tuning";
import { checkReady, defaultConfig, findingKinds, prepareExamples, type RunReport, runReport } from "@tugboat/tuning";
import { Command } from "commander";
import { readFirstRun } from "../../domain/first-run.ts";
import { datasetSamples, fileSamples } from "../../domain/tuning/sample-source.ts";
import { shipRun } from "../../domain/tuning/ship.ts";
import { recordedRun, startRun } from "../../domain/tuning/start.ts";
import { type CliContext, changeHome, contextOf, homeScope, withDatabase } from "../context.ts";
import { decimal } from "../options.ts";
import { CliError, ProgressLine, printJson, table } from "../output.ts";
import { serviceAnswers } from "../service-answers.ts";

interface TuneOptions {
  readonly model?: string;
  readonly minutes: number;
  readonly wait?: boolean;
  readonly name?: string;
  readonly instruction?: string;
  readonly mend: boolean;
  readonly mayForget: number;
}

export function tuneCommand(): Command {
  const tune = new Command("tune")
    .description("a guided fine-tune: examples in, a better model and an honest report out")
    .argument(
      "<dataset>",
      "a dataset, perhaps with @ and a version (its test split is left alone), or a file: CSV, XLSX or JSON Lines",
    )
    .option(
      "--model <name>",
      "the model to tune, as `tug models list` shows it; by default the one that is loaded at start",
    )
    .option("--minutes <n>", "the time it may take", decimal(0.2, 1440), 10)
    .option("--name <name>", "what to call it; by default as the examples are called")
    .option("--instruction <text>", "what the model is asked; by default made from the answers")
    .option("--may-forget <percent>", "how much worse it may predict general text", decimal(0, 100), 2)
    .option("--no-mend", "take the examples as they are")
    .option("--wait", "wait for the report")
    .action(async (dataset: string, options: TuneOptions, command: Command) => {
      await begin(contextOf(command), dataset, options);
    });
  tune
    .command("report")
    .description("what a run found out")
    .argument("<run>", "its id")
    .action(async (id: string, _options: object, command: Command) => {
      const context = contextOf(command);
      const run = await withDatabase(context, (database) => readRun(database, id));
      if (run.report === null) {
        throw new CliError("not-ready", `The run ${id} has no report yet: ${run.stage}.`, "Wait until it is done.");
      }
      print(context, run);
    });
  tune
    .command("ship")
    .description("lets an alias serve what a run has learnt")
    .argument("<run>", "its id")
    .option("--alias <name>", "the name that programs call; by default the run's")
    .option("--anyway", "although the report holds it back")
    .action(async (id: string, options: { alias?: string; anyway?: boolean }, command: Command) => {
      const context = contextOf(command);
      await withDatabase(context, async (database) => {
        const { name } = await readRun(database, id);
        const { prompt, ...shipped } = await changeHome(database, "tuning.ship", async (tx) => {
          const asked = { id, alias: options.alias ?? name, anyway: options.anyway === true, actor: "system" };
          const result = await shipRun(tx, asked);
          const { alias, model, version } = result;
          return { subject: id, after: { alias, model, version }, result };
        });
        if (context.json) return printJson(shipped);
        process.stdout.write(
          `${shipped.alias} serves ${shipped.model} now. Ask it with the same words as it was taught:\n`,
        );
        process.stdout.write(`${await curlOf(context, shipped.alias, prompt)}\n`);
      });
    });
  return tune;
}

/** A command that runs as pasted where the service's first key is known. */
async function curlOf({ env }: CliContext, model: string, prompt: string): Promise<string> {
  const known = await readFirstRun(env.TUGBOAT_HOME);
  const content = prompt.replace("{{text}}", "your text");
  const body = JSON.stringify({ model, temperature: 0, messages: [{ role: "user", content }] });
  const key = known?.apiKey ?? "$TUGBOAT_API_KEY";
  const url = env.TUGBOAT_API_URL ?? known?.apiUrl ?? `http://127.0.0.1:${env.TUGBOAT_API_PORT}`;
  return `curl ${url}/v1/chat/completions \\
  -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" \\
  -d '${body.replaceAll("'", "'\\''")}'`;
}

/** The model that was named, else the one that the service loads at start, else any that is no adapter. */
async function baseOf({ env }: CliContext, scope: OrganizationScope, name: string | undefined): Promise<CatalogModel> {
  if (name !== undefined) {
    const found = await scope.models.get(name);
    if (found !== null) return found;
    throw new CliError("not-found", `There is no model ${name}.`, "`tug models list` shows them.");
  }
  const models = (await scope.models.list()).filter(({ base }) => base === null);
  const found = models.find((one) => one.name === env.TUGBOAT_DEFAULT_MODEL) ?? models[0];
  if (found !== undefined) return found;
  throw new CliError("not-found", "There is no model to tune.", "`tug models add` adds one.");
}

async function begin(context: CliContext, dataset: string, options: TuneOptions): Promise<void> {
  await withDatabase(context, async (database) => {
    const scope = homeScope(database);
    const base = await baseOf(context, scope, options.model);
    const { contextLength } = base;
    const { name, samples } = await samplesOf(scope, dataset);
    const found = await prepareExamples(samples, { mends: [], contextLength });
    const prepared = options.mend ? await prepareExamples(samples, { mends: findingKinds, contextLength }) : found;
    const examples = prepared.examples.length;
    if (found.taken < found.rows) {
      process.stderr.write(`${found.taken} of ${found.rows} examples are taken, chosen by their content.\n`);
    }
    for (const { mend, sentence } of found.findings) {
      process.stderr.write(`${sentence}${options.mend && mend !== null ? ` Mended: ${mend.toLowerCase()}.` : ""}\n`);
    }
    checkReady(prepared);
    const started = await changeHome(database, "tuning.create", async (tx) => {
      const result = await startRun(tx, {
        name: options.name ?? name,
        model: base.name,
        minutes: options.minutes,
        config: {
          ...defaultConfig,
          instruction: options.instruction ?? null,
          mayForget: options.mayForget / 100,
        },
        examples: prepared.examples,
        actor: "system",
      });
      return { subject: result.run.id, after: recordedRun(result.run, examples), result };
    });
    if (options.wait !== true) {
      if (context.json) return printJson({ run: started.run.id, job: started.job, examples });
      process.stdout.write(
        `${base.name} learns from ${examples} examples, for ${options.minutes} minutes at most.\n\`tug tune report ${started.run.id}\` shows what came out.\n`,
      );
      return;
    }
    await serviceAnswers(context, "run");
    print(context, await waitFor(database, started.run.id, started.job));
  });
}

/** A file where there is one of that name, else a dataset. */
async function samplesOf(scope: OrganizationScope, dataset: string): Promise<{ samples: Samples; name: string }> {
  if (existsSync(dataset)) return { samples: await fileSamples(dataset), name: basename(dataset) };
  return datasetSamples(scope, dataset).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "not-found")) throw error;
    throw new CliError(
      "not-found",
      `${dataset} is neither a file nor a dataset.`,
      "Give a file of examples, or one of `tug datasets list`.",
    );
  });
}

async function waitFor(database: Database, id: string, jobId: string): Promise<TuningRunDetail> {
  const line = new ProgressLine();
  const scope = homeScope(database);
  for (;;) {
    const job = await scope.jobs.get(jobId);
    if (job.state === "done") {
      line.clear();
      return readRun(database, id);
    }
    if (job.state === "failed" || job.state === "cancelled") {
      line.clear();
      throw new CliError("failed", job.error ?? `The run was ${job.state}.`, job.hint ?? undefined);
    }
    const { done, etaMs, stage, total } = job.progress ?? { done: null, etaMs: null, stage: "waiting", total: null };
    const share = done !== null && total !== null && total > 0 ? `, ${Math.floor((100 * done) / total)} %` : "";
    line.show(`${stage}${share}${etaMs === null ? "" : `, about ${Math.ceil(etaMs / 60_000)} min left`}`);
    await pause(500);
  }
}

async function readRun(database: Database, id: string): Promise<TuningRunDetail> {
  if (!/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(id))
    throw new CliError("not-found", `There is no tuning run ${id}.`, "`tug tune` prints a run's id.");
  return homeScope(database).tuningRuns.get(id);
}

function print({ json }: CliContext, run: TuningRunDetail): void {
  const report = runReport.parse(run.report);
  if (json) {
    printJson({ run: run.id, model: run.tunedModel, ...report });
    return;
  }
  process.stdout.write(`${report.sentence}\n\n${scoresOf(report)}\n`);
  const { after, before, unit } = report.retention;
  process.stdout.write(`General text: ${before.toFixed(3)} ${unit} before, ${after.toFixed(3)} after.\n`);
  for (const reason of report.gate.reasons) process.stdout.write(`Held back: ${reason}\n`);
  for (const advice of report.advice) process.stdout.write(`${advice}\n`);
  process.stdout.write(
    `Model ${run.tunedModel} in the catalog; adapter at ${report.adapter}; ${Math.round(report.seconds)} s.\n`,
  );
  const anyway = report.gate.passed ? "" : " --anyway";
  process.stdout.write(`\`tug tune ship ${run.id}${anyway}\` lets the alias ${run.name} serve it.\n`);
}

function scoresOf({ baselines, measure, tuned }: RunReport): string {
  const rows = [{ name: "tuned", ...tuned }, ...baselines]
    .sort((a, b) => b.score - a.score)
    .map(({ high, low, name, score }) => [name, score.toFixed(2), `${low.toFixed(2)} to ${high.toFixed(2)}`]);
  return table(["", measure, "95 % sure"], rows);
}
