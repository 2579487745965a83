import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { Command } from "commander";
import { z } from "zod";
import { flowPlanReport } from "../../domain/flows/plan-report.ts";
import { planTree } from "../../domain/flows/plan-sentence.ts";
import { contextOf } from "../context.ts";
import { CliError, ProgressLine, printJson, table } from "../output.ts";
import { type Api, apiOf } from "../service-api.ts";
import { importModule } from "./tasks.ts";

const applied = z.object({ flow: z.string(), version: z.int(), created: z.boolean(), changes: z.array(z.string()) });
const listed = z.object({
  flows: z.array(
    z.looseObject({
      name: z.string(),
      version: z.int(),
      steps: z.int(),
      plan: z.int().nullable(),
      model: z.string(),
      waiting: z.int(),
      last: z.looseObject({ state: z.string(), createdAt: z.string() }).nullable(),
    }),
  ),
});
const step = z.looseObject({
  path: z.string(),
  state: z.string(),
  attempts: z.int(),
  durationMs: z.number(),
  cached: z.boolean(),
  output: z.unknown(),
  error: z.string().nullable(),
});
const runDetail = z.looseObject({
  id: z.string(),
  flow: z.string(),
  state: z.string(),
  output: z.unknown(),
  error: z.looseObject({ message: z.string(), hint: z.string() }).nullable(),
  costMicroUsd: z.number(),
  steps: z.array(step),
});
const job = z.looseObject({
  state: z.string(),
  error: z.string().nullable(),
  hint: z.string().nullable(),
  progress: z.looseObject({ done: z.number().nullable(), total: z.number().nullable() }).nullable(),
});
const planned = z.looseObject({ number: z.int(), report: z.unknown() });

export function flowsCommand(): Command {
  const flows = new Command("flows").description("compounds of tasks, models, documents and tools");
  flows
    .command("apply")
    .description("makes a flow what its document says; applied again it changes nothing")
    .requiredOption("-f, --file <file>", "the flow: YAML, or a module that exports defineFlow(…)")
    .option("--dry-run", "say what is wrong with it, and change nothing")
    .action(async (options: { file: string; dryRun?: boolean }, self: Command) => {
      const context = contextOf(self);
      const api = await apiOf(context);
      const yaml = await readFlowFile(options.file);
      if (options.dryRun === true) {
        const shape = z.looseObject({
          flow: z.string().nullable(),
          problem: z.object({ message: z.string(), hint: z.string() }).nullable(),
        });
        const checked = shape.parse(await api.post("flows/check", { yaml }));
        if (checked.problem !== null) throw new CliError("bad-document", checked.problem.message, checked.problem.hint);
        if (context.json) return printJson({ flow: checked.flow, problem: null });
        process.stdout.write(`${checked.flow} is right.\n`);
        return;
      }
      const result = applied.parse(await api.post("flows/declare", { yaml }));
      if (context.json) return printJson(result);
      const { changes, created, flow, version } = result;
      if (changes.length === 0) process.stdout.write(`${flow} is so already (version ${version}).\n`);
      else
        process.stdout.write(
          `${changes.join("\n")}\n${flow} ${created ? "declared" : "changed"}: version ${version}.\n`,
        );
    });
  flows
    .command("list")
    .description("the flows, and how their last runs ended")
    .action(async (_options: object, self: Command) => {
      const context = contextOf(self);
      const found = listed.parse(await (await apiOf(context)).get("flows/list"));
      if (context.json) return printJson(found);
      if (found.flows.length === 0) {
        process.stdout.write("There is no flow. `tug flows apply -f flow.yaml` makes one.\n");
        return;
      }
      const cells = found.flows.map(({ last, model, name, plan, steps, version, waiting }) => [
        name,
        version,
        steps,
        plan ?? "–",
        last === null ? "never run" : waiting > 0 ? `${waiting} wait for you` : last.state,
        model,
      ]);
      process.stdout.write(table(["flow", "version", "steps", "plan", "last run", "called as"], cells));
    });
  flows
    .command("show")
    .description("a flow's document as it is")
    .argument("<flow>")
    .action(async (name: string, _options: object, self: Command) => {
      const context = contextOf(self);
      const found = z
        .looseObject({ yaml: z.string() })
        .parse(await (await apiOf(context)).get(`flows/get?name=${encodeURIComponent(name)}`));
      if (context.json) return printJson(found);
      process.stdout.write(found.yaml);
    });
  flows
    .command("run")
    .description("runs a flow and waits for its output")
    .argument("<flow>")
    .requiredOption("--input <json>", "its input: JSON, or the text of its only field")
    .option("--no-wait", "answer with the run's id at once")
    .action(async (name: string, options: { input: string; wait: boolean }, self: Command) => {
      const context = contextOf(self);
      const api = await apiOf(context);
      const begun = z
        .object({ run: z.string() })
        .parse(await api.post("flows/run", { name, input: inputOf(options.input) }));
      if (!options.wait) {
        if (context.json) return printJson(begun);
        process.stdout.write(`${begun.run}\n`);
        return;
      }
      const done = await followed(api, begun.run, context.json);
      if (context.json) printJson({ ...done, run: done.id });
      else process.stdout.write(`${told(done)}\n`);
      if (done.state === "done" || done.state === "waiting") return;
      throw new CliError("failed", done.error?.message ?? `The run was ${done.state}.`, done.error?.hint);
    });
  flows
    .command("plan")
    .description("measures the ways of each step and chooses those that together hold what is required")
    .argument("<flow>")
    .option("--wait", "wait for the result")
    .option("--use", "have runs take it; implies --wait")
    .action(async (name: string, options: { wait?: boolean; use?: boolean }, self: Command) => {
      const context = contextOf(self);
      const api = await apiOf(context);
      const begun = z.object({ plan: z.int(), job: z.string() }).parse(await api.post("flows/plan", { name }));
      if (options.wait !== true && options.use !== true) {
        if (context.json) return printJson(begun);
        process.stdout.write(`Plan ${begun.plan} of ${name} is measured.\n`);
        return;
      }
      await jobEnd(api, begun.job);
      const found = planned.parse(
        await api.get(`flows/planDetail?name=${encodeURIComponent(name)}&plan=${begun.plan}`),
      );
      const report = flowPlanReport.parse(found.report);
      if (options.use === true) await api.post("flows/usePlan", { name, plan: begun.plan });
      if (context.json) return printJson({ ...report, plan: begun.plan });
      process.stdout.write(`${planTree(name, begun.plan, report)}\n\n${report.sentence}\n`);
    });
  return flows;
}

function inputOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function followed(api: Api, id: string, json: boolean): Promise<z.output<typeof runDetail>> {
  const line = json ? undefined : new ProgressLine();
  for (;;) {
    const run = runDetail.parse(await api.get(`flows/runDetail?id=${id}`));
    if (run.state !== "queued" && run.state !== "running") {
      line?.clear();
      return run;
    }
    const now = run.steps.filter(({ state }) => state === "running").map(({ path }) => path);
    line?.show(now.length === 0 ? run.state : now.join(", "));
    await pause(200);
  }
}

function told({ costMicroUsd, output, state, steps }: z.output<typeof runDetail>): string {
  const rows = steps.map(({ attempts, cached, durationMs, path, state: of }) => [
    path,
    of,
    `${durationMs.toFixed(0)} ms`,
    cached ? "known" : attempts > 1 ? `${attempts} tries` : "",
  ]);
  const said =
    state === "done" ? JSON.stringify(output, null, 2) : state === "waiting" ? "It waits for a person's answer." : "";
  return `${table(["step", "", "took", ""], rows)}\n$${(costMicroUsd / 1e6).toPrecision(3)}\n${said}`;
}

async function jobEnd(api: Api, id: string): Promise<void> {
  const line = new ProgressLine();
  for (;;) {
    const now = job.parse(await api.get(`jobs/get?id=${id}`));
    if (now.state === "done") return line.clear();
    if (now.state === "failed" || now.state === "cancelled") {
      line.clear();
      throw new CliError("failed", now.error ?? `It was ${now.state}.`, now.hint ?? undefined);
    }
    line.show(`${now.progress?.done ?? 0} of ${now.progress?.total ?? "?"} answers`);
    await pause(300);
  }
}

async function readFlowFile(path: string): Promise<string> {
  if (!existsSync(path))
    throw new CliError("not-found", `There is no file ${path}.`, "Give a flow's YAML, or a module.");
  if (!/\.[cm]?[jt]s$/.test(path)) return readFile(path, "utf8");
  const found = Object.values(z.record(z.string(), z.unknown()).parse(await importModule(path))).flatMap((one) => {
    const parsed = z.object({ yaml: z.string(), flow: z.string() }).safeParse(one);
    return parsed.success ? [parsed.data.yaml] : [];
  });
  const [yaml, second] = found;
  if (yaml !== undefined && second === undefined) return yaml;
  throw new CliError(
    "bad-document",
    `${path} exports ${yaml === undefined ? "no flow" : "several flows"}.`,
    'Export one: export const answer = defineFlow({…}), of "@tugboat/inference/flows".',
  );
}
