/**
 * Plans the recipe of docs/flows.md jointly and writes what was measured into it: npm run docs:flows
 *
 * Follows the guide's own commands on a fresh data directory, on a machine that costs 20 cents an hour. Needs the service's
 * build (`npm run build`).
 */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
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

const service = await startService({ TUGBOAT_DEFAULT_MODEL: "tug-small" }, home);
let report: FlowPlanReport;
try {
  const say = async (...args: string[]) => {
    const env = { ...process.env, TUGBOAT_HOME: home, TUGBOAT_API_URL: service.url, TUGBOAT_API_KEY: service.apiKey };
    const { stdout } = await run(process.execPath, [tug, ...args], { cwd: repositoryRoot, env, maxBuffer: 2 ** 26 });
    return stdout;
  };
  await say("docs", "push", "docs", "--collection", "tugboat-docs", "--model", "tug-small", "--wait");
  await say("datasets", "push", join(recipe, "questions.jsonl"), "--name", "docs-questions");
  await say("flows", "apply", "-f", join(recipe, "flow.yaml"));
  report = flowPlanReport.parse(JSON.parse(await say("flows", "plan", "docs-answer", "--use", "--json")));
} finally {
  await service.remove();
}

const rows = report.entries.map(({ default: of, figures, high, low, misses, ways, worst }) => {
  const cross = (name: keyof typeof misses) => (misses[name] === undefined ? "" : " ✗");
  const bound = (name: keyof typeof figures) => figureText(name, (worst ?? figures)[name]);
  return [
    ways.find ?? "",
    ways.read ?? "",
    `${figureText("quality", figures.quality)} [${low.toFixed(2)}, ${high.toFixed(2)}]${cross("quality")}`,
    `${figureText("latencyMs", figures.latencyMs)} (${bound("latencyMs")})${cross("latencyMs")}`,
    `${figureText("costMicroUsd", figures.costMicroUsd)} (${bound("costMicroUsd")})${cross("costMicroUsd")}`,
    of ?? "",
  ];
});
const head = ["find", "read", "right source", "p95 (bound)", "cost (bound)", "a single default"];
const table = [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
const failed = report.entries.reduce((sum, one) => sum + one.failed, 0);
const steps = report.steps.map(
  ({ latencyMs, qualityLeft, step, way }) =>
    `${step}${way === "" ? "" : ` (${way})`} takes ${figureText("latencyMs", latencyMs)}${qualityLeft > 0.001 ? ` and could bring ${qualityLeft.toFixed(2)} more quality` : ""}`,
);
const [cpu] = cpus();
const text = `${table}

The first row is the plan. ${report.sentence} At their 95th of 100, ${steps.join("; ")}. ${report.measured} of ${report.combinations} combinations were
measured on ${report.questions} questions${failed === 0 ? "; none ended without an answer" : `; ${failed} answers failed`}. Quality has its interval of 95 %, time and cost the bound (80 %, one-sided) that is held
against what is required; ✗ misses it. A machine that costs $0.20 an hour: ${cpu?.model ?? "a CPU"}, ${cpus().length} threads, with other programs running.`;
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
