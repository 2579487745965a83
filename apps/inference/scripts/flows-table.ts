/**
 * Plans the recipe of docs/flows.md jointly and writes what was measured into it: npm run docs:flows
 *
 * Follows the guide's own commands on a fresh data directory, on a machine that costs 20 cents an hour. The planner chooses on
 * one half of the questions; the other half, which it has not seen, measures the plan and the defaults again. Needs the
 * service's build (`npm run build`).
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { openDatabase } from "@tugboat/db";
import { type FlowPlanReport, flowPlanReport } from "../src/domain/flows/plan-report.ts";
import { figureText } from "../src/domain/flows/plan-sentence.ts";
import { repositoryRoot } from "../src/env.ts";
import { startService, temporaryHome } from "../src/testing/service.ts";

const { values: options } = parseArgs({ options: { dry: { type: "boolean", default: false } } });
const run = promisify(execFile);
const tug = join(repositoryRoot, "apps/inference/bin/tug.js");
const recipe = join(repositoryRoot, "recipes/docs-answer");

const home = await temporaryHome();
const database = await openDatabase({ home });
const hour = { target: "*", input: 0, cachedInput: 0, output: 0, perHour: 200_000, marginBasisPoints: 0 };
const book = { prices: [hour], note: "", effectiveFrom: undefined, createdBy: "system", seenVersion: 0 };
await database.organization(database.home.organizationId).priceBooks.add(book);
await database.close();

const questions = readFileSync(join(recipe, "questions.jsonl"), "utf8").trim().split("\n");
const yaml = readFileSync(join(recipe, "flow.yaml"), "utf8");
/** Of every four questions two choose and two are held out, so that both halves have as many of either wording. */
const halves = [
  { flow: "docs-answer", dataset: "docs-questions", lines: questions.filter((_, i) => i % 4 < 2) },
  { flow: "docs-answer-held-out", dataset: "docs-held-out", lines: questions.filter((_, i) => i % 4 >= 2) },
];

const service = await startService({ TUGBOAT_DEFAULT_MODEL: "tug-small" }, home);
const folder = mkdtempSync(join(tmpdir(), "tug-flows-"));
const reports: FlowPlanReport[] = [];
try {
  const say = async (...args: string[]) => {
    const env = { ...process.env, TUGBOAT_HOME: home, TUGBOAT_API_URL: service.url, TUGBOAT_API_KEY: service.apiKey };
    const { stdout } = await run(process.execPath, [tug, ...args], { cwd: repositoryRoot, env, maxBuffer: 2 ** 26 });
    return stdout;
  };
  await say("docs", "push", "docs", "--collection", "tugboat-docs", "--model", "tug-small", "--wait");
  for (const { dataset, flow, lines } of halves) {
    const [file, document] = [join(folder, `${dataset}.jsonl`), join(folder, `${flow}.yaml`)];
    writeFileSync(file, `${lines.join("\n")}\n`);
    writeFileSync(
      document,
      yaml.replace("flow: docs-answer", `flow: ${flow}`).replace("docs-questions@", `${dataset}@`),
    );
    await say("datasets", "push", file, "--name", dataset);
    await say("flows", "apply", "-f", document);
    reports.push(flowPlanReport.parse(JSON.parse(await say("flows", "plan", flow, "--use", "--json"))));
  }
} finally {
  await service.remove();
  rmSync(folder, { recursive: true });
}

const [chosenOn, heldOut] = reports;
const plan = chosenOn?.entries[0];
if (chosenOn === undefined || heldOut === undefined || plan === undefined) throw new Error("nothing was measured");
type Entry = FlowPlanReport["entries"][number];
const keyOf = ({ ways }: Entry) => `${ways.find}, ${ways.read}`;
const cross = ({ misses }: Entry, name: keyof Entry["misses"]) => (misses[name] === undefined ? "" : " ✗");
const quality = (one: Entry | undefined) =>
  one === undefined
    ? "not measured"
    : `${figureText("quality", one.figures.quality)} [${one.low.toFixed(2)}, ${one.high.toFixed(2)}]${cross(one, "quality")}`;
const again = new Map(heldOut.entries.map((one) => [keyOf(one), one]));
const rows = chosenOn.entries.map((one) => {
  const later = again.get(keyOf(one));
  const bounded = (name: "latencyMs" | "costMicroUsd") =>
    later === undefined
      ? "not measured"
      : `${figureText(name, later.figures[name])} (${figureText(name, (later.worst ?? later.figures)[name])})${cross(later, name)}`;
  return [
    one.ways.find ?? "",
    one.ways.read ?? "",
    quality(one),
    quality(later),
    bounded("latencyMs"),
    bounded("costMicroUsd"),
    one === plan ? "the plan" : (one.default ?? ""),
  ];
});
const head = ["find", "read", "right, choosing", "right, held out", "p95 (bound)", "cost (bound)", "is"];
const table = [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
const failed = reports.flatMap(({ entries }) => entries).reduce((sum, one) => sum + one.failed, 0);
const holds = (one: Entry | undefined) => one !== undefined && Object.keys(one.misses).length === 0;
const defaults = heldOut.entries.filter((one) => one.default !== null);
const ofDefaults = defaults.filter(holds).length;
const [cpu] = cpus();
const text = `${table}

Chosen on ${chosenOn.questions} questions, of ${chosenOn.measured} measured of ${chosenOn.combinations} combinations: ${chosenOn.sentence}
On the other ${heldOut.questions} questions, which the choice has not seen, the plan ${holds(again.get(keyOf(plan))) ? "holds" : "does not hold"} every requirement, and ${ofDefaults === 0 ? "none" : ofDefaults} of the ${defaults.length} single
defaults (the same row of \`try:\` for every step) does. Quality has its interval of 95 %; time and cost, of the held-out half, the one-sided bound of 80 %
that is held against what is required; ✗ misses it.${failed === 0 ? "" : ` ${failed} answers failed and count as wrong.`} A machine that costs $0.20 an hour: ${cpu?.model ?? "a CPU"}, ${cpus().length} threads, with other
programs running.`;
process.stdout.write(`${text}\n`);
if (!options.dry) {
  const path = join(repositoryRoot, "docs/flows.md");
  const before = readFileSync(path, "utf8");
  const [begin, end] = ["<!-- figures of npm run docs:flows -->\n", "\n<!-- end of figures -->"];
  const from = before.indexOf(begin) + begin.length;
  const to = before.indexOf(end);
  if (from < begin.length || to < from) throw new Error("docs/flows.md has no place for figures");
  writeFileSync(path, `${before.slice(0, from)}${text}${before.slice(to)}`);
}
