#!/usr/bin/env node
// `npm test`: everything that is checked, from a fresh clone. Goes on after a failure, so that one run tells all of it,
// and ends with one line: N passed, N failed, N skipped. `npm test -- --only NAME` runs the steps whose name has NAME.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { install } from "../apps/inference/bin/start/install.mjs";
import { logs as productLogs } from "../apps/inference/bin/start/paths.mjs";
import { seconds } from "../apps/inference/bin/start/progress.mjs";
import { findChromium } from "./chromium.mjs";
import { plain, runCommand } from "./command.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const logs = join(root, "test-results");
const bin = (name) => join(root, "node_modules/.bin", name);
const node = process.execPath;
const only = process.argv.includes("--only") ? process.argv[process.argv.indexOf("--only") + 1] : undefined;
const MINUTE = 60_000;

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string[]} command
 * @property {string} [cwd]
 * @property {number} minutes after which it is ended
 * @property {boolean} [counts] whether its tests are counted one by one, by a reporter that writes a summary
 * @property {string} [after] the step without which it makes no sense
 */

const vitest = (folder) => ({
  name: `unit ${folder}`,
  command: [bin("vitest"), "run", "--reporter=default", `--reporter=${join(root, ".ci/vitest-reporter.mjs")}`],
  cwd: join(root, folder),
  minutes: 20,
  counts: true,
  after: "generate",
});

/** @type {Step[]} */
const steps = [
  { name: "repository", command: [node, ".ci/hygiene.mjs"], minutes: 1 },
  { name: "imports", command: [node, ".ci/imports.mjs"], minutes: 1 },
  { name: "generate", command: [bin("turbo"), "run", "generate", "--ui=stream"], minutes: 5 },
  { name: "lint", command: [bin("biome"), "check", "--error-on-warnings", "."], minutes: 5 },
  {
    name: "types",
    command: [bin("turbo"), "run", "types", "--ui=stream", "--continue"],
    minutes: 10,
    after: "generate",
  },
  { name: "build", command: [bin("turbo"), "run", "build", "--ui=stream"], minutes: 15, after: "generate" },
  ...[
    "packages/kernels",
    "packages/engine",
    "packages/db",
    "packages/records",
    "packages/statistics",
    "packages/tuning",
    "apps/inference",
    "apps/web",
  ].map(vitest),
  {
    ...vitest("."),
    name: "npm start and checks",
    command: [...vitest(".").command, "--config", ".ci/vitest.config.mjs"],
    after: "build",
  },
  {
    name: "e2e",
    command: [bin("playwright"), "test", `--reporter=list,${join(root, ".ci/playwright-reporter.mjs")}`],
    cwd: join(root, "e2e"),
    minutes: 35,
    counts: true,
    after: "build",
  },
];

/** @type {{ passed: number; failed: { name: string; message: string }[]; skipped: { name: string; reason: string }[] }} */
const total = { passed: 0, failed: [], skipped: [] };
const broken = new Set();
const start = performance.now();

rmSync(logs, { recursive: true, force: true });
mkdirSync(logs, { recursive: true });
mkdirSync(productLogs, { recursive: true });
await installPackages();
for (const step of steps) {
  if (only !== undefined && !step.name.includes(only)) continue;
  if (step.after !== undefined && broken.has(step.after)) {
    broken.add(step.name);
    total.skipped.push({ name: step.name, reason: `${step.after} failed` });
    continue;
  }
  if (step.name === "e2e" && !browserIsThere()) continue;
  await runStep(step);
}
summarise();

/** A fresh clone has nothing yet; without the packages nothing else can be said. */
async function installPackages() {
  try {
    await install(async (_, title, __, command, log, env) => {
      const { code } = await runCommand({ title, command, log, cwd: root, env, limitMs: 15 * MINUTE });
      if (code !== 0) throw new Error(`${title} failed. The log is ${log}.`);
    });
  } catch (error) {
    console.log(error instanceof Error ? error.message : String(error));
    console.log("\n0 passed, 1 failed, 0 skipped");
    process.exit(1);
  }
}

/** Only a person's own machine may lack a browser; in CI that is a failure. */
function browserIsThere() {
  const chromium = findChromium();
  if (chromium.path !== undefined) return true;
  if (process.env.CI) total.failed.push({ name: "e2e", message: chromium.advice });
  else total.skipped.push({ name: "e2e", reason: chromium.advice });
  return false;
}

/** @param {Step} step */
async function runStep(step) {
  const file = step.name.replace(/\W+/g, "-");
  const log = join(logs, `${file}.log`);
  const summaryFile = join(logs, `${file}.json`);
  const env = {
    ...(step.counts ? { TUGBOAT_TEST_SUMMARY: summaryFile } : {}),
    TURBO_TELEMETRY_DISABLED: "1",
    NO_COLOR: "1",
  };
  const limitMs = step.minutes * MINUTE;
  const result = await runCommand({
    title: step.name,
    command: step.command,
    log,
    cwd: step.cwd ?? root,
    env,
    limitMs,
  });
  const said = result.timedOut ? `ended after ${step.minutes} minutes` : `exit code ${result.code}`;
  const counted = step.counts && existsSync(summaryFile) ? JSON.parse(readFileSync(summaryFile, "utf8")) : undefined;
  if (counted) {
    total.passed += counted.passed;
    total.failed.push(...counted.failed);
    total.skipped.push(...counted.skipped.filter(({ reason }) => reason !== ""));
    for (const { name, reason } of counted.skipped) {
      if (reason === "") total.failed.push({ name, message: "It was skipped without a reason." });
    }
  }
  const failed = result.code !== 0;
  if (!step.counts && !failed) total.passed += 1;
  // A run that fails without a failed test has failed all the same.
  if (failed && (counted?.failed.length ?? 0) === 0) total.failed.push({ name: step.name, message: said });
  if (failed || (counted?.failed.length ?? 0) > 0) {
    broken.add(step.name);
    console.log(lastLines(log, step.counts ? 25 : 60));
    console.log(`  the whole log: ${log}`);
  }
  const tally = counted
    ? `${counted.passed} passed, ${counted.failed.length} failed, ${counted.skipped.length} skipped, `
    : "";
  console.log(`${broken.has(step.name) ? "✗" : "✓"} ${step.name}: ${tally}${seconds(result.ms)}`);
}

/**
 * @param {string} log
 * @param {number} count
 */
function lastLines(log, count) {
  const lines = plain(readFileSync(log, "utf8")).trimEnd().split("\n");
  return lines
    .slice(-count)
    .map((line) => `  │ ${line}`)
    .join("\n");
}

function summarise() {
  if (total.skipped.length > 0) console.log("\nSkipped:");
  for (const [reason, names] of grouped()) {
    console.log(`  ${reason}`);
    for (const { name } of names) console.log(`    - ${name}`);
  }
  if (total.failed.length > 0) console.log("\nFailed:");
  for (const { name, message } of total.failed)
    console.log(`  ✗ ${name}\n      ${plain(message).split("\n").slice(0, 6).join("\n      ")}`);
  console.log(`\nIn ${seconds(performance.now() - start)}. Logs: ${logs}`);
  console.log(`${total.passed} passed, ${total.failed.length} failed, ${total.skipped.length} skipped`);
  process.exitCode = total.failed.length === 0 ? 0 : 1;
}

/** Node 20 has no Map.groupBy. */
function grouped() {
  /** @type {Map<string, { name: string; reason: string }[]>} */
  const groups = new Map();
  for (const skip of total.skipped) groups.set(skip.reason, [...(groups.get(skip.reason) ?? []), skip]);
  return groups;
}
