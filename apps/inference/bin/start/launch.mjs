import { mkdirSync, readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { build } from "./build.mjs";
import { Child } from "./child.mjs";
import { install } from "./install.mjs";
import { refuseIfRunning, takeHome } from "./lock.mjs";
import { home, logs, root } from "./paths.mjs";
import { freePort } from "./ports.mjs";
import { Problem } from "./problem.mjs";
import { Step, seconds } from "./progress.mjs";
import { consoleServer, isServing, sentences, service } from "./servers.mjs";
import { signInLink } from "./sign-in.mjs";
import { Stop } from "./stop.mjs";

const READY_PATIENCE_MS = 180_000;
const RESTARTS_PER_MINUTE = 5;

/**
 * Brings Tugboat up and keeps it up until it is told to stop.
 *
 * @param {{ json: boolean; version: string }} options
 * @returns {Promise<number>} the exit code
 */
export async function launch({ json, version }) {
  const start = performance.now();
  const isRoot = process.getuid?.() === 0;
  mkdirSync(home, { recursive: true, mode: isRoot ? 0o711 : 0o700 });
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  refuseIfRunning();
  const apiPort = await freePort("TUGBOAT_API_PORT", 4000, "the API");
  const webPort = await freePort("TUGBOAT_WEB_PORT", 3000, "the console");
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  const consoleUrl = `http://127.0.0.1:${webPort}`;
  const lock = takeHome({ consoleUrl, apiUrl });
  const stop = new Stop();
  try {
    const machine = `${availableParallelism()} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
    process.stderr.write(`Tugboat ${version} on Node ${process.versions.node}, ${machine}. Logs: ${logs}\n`);
    /** @type {Parameters<typeof install>[0]} */
    const run = (key, title, expectedMs, command, log, env) => runStep(stop, key, title, expectedMs, command, log, env);
    await install(run);
    await build(run);
    const ports = { home, apiPort, webPort };
    const servers = [service(ports), consoleServer(ports)];
    const running = await startServers(stop, servers);
    const facts = readFacts();
    const link = signInLink(consoleUrl, facts.email);
    if (json) process.stdout.write(`${JSON.stringify({ ...facts, consoleUrl, apiUrl, signInLink: link, home })}\n`);
    else
      process.stdout.write(block({ consoleUrl, apiUrl, link, apiKey: facts.apiKey, took: performance.now() - start }));
    await keepUp(stop, servers, running);
    return 0;
  } catch (error) {
    if (stop.asked && !(error instanceof Problem)) return 0;
    if (stop.asked && error instanceof Problem && error.code === "stopped") return 0;
    throw error;
  } finally {
    await stop.finish();
    lock.release();
  }
}

/**
 * Runs a program to its end under a progress line.
 *
 * @param {Stop} stop
 * @param {string} key
 * @param {string} title
 * @param {number} expectedMs
 * @param {string[]} command
 * @param {string} log
 * @param {object} env
 */
async function runStep(stop, key, title, expectedMs, command, log, env) {
  const step = new Step(key, title, expectedMs);
  const child = stop.own(new Child(key, log, command, { env: { ...env } }));
  const watch = setInterval(() => step.note(child.lastLine()), 500);
  const code = await child.ended;
  clearInterval(watch);
  if (code === 0) return step.done();
  step.fail();
  if (stop.asked) throw new Problem("stopped", "Stopped.");
  throw new Problem(`${key}-failed`, `${title} failed.`, `The whole log is in ${log}.`, child.tail(20));
}

/**
 * @param {Stop} stop
 * @param {import("./servers.mjs").Server[]} servers
 */
async function startServers(stop, servers) {
  const step = new Step("start", "Starting the service and the console", 4_000);
  const running = servers.map((server) => stop.own(server.start()));
  const waiting = new Set(servers);
  const deadline = performance.now() + READY_PATIENCE_MS;
  while (waiting.size > 0) {
    for (const server of waiting) if (await isServing(server)) waiting.delete(server);
    if (stop.asked) {
      step.fail();
      throw new Problem("stopped", "Stopped.");
    }
    const dead = running.find((child) => child.exitCode !== undefined);
    if (dead || performance.now() > deadline) {
      step.fail();
      const [first] = waiting;
      const late = dead ?? running.find((child) => child.name === first?.name);
      throw new Problem(
        "start-failed",
        dead
          ? `The ${dead.name} ended while it started.`
          : `The ${late?.name} did not answer within ${seconds(READY_PATIENCE_MS)}.`,
        `The whole log is in ${late?.log}.`,
        sentences(late?.tail(15) ?? ""),
      );
    }
    step.note(`waiting for ${[...waiting].map(({ name }) => `the ${name}`).join(" and ")}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  step.done();
  return running;
}

/**
 * Starts a server again that ended by itself; gives up on one that keeps ending.
 *
 * @param {Stop} stop
 * @param {import("./servers.mjs").Server[]} servers
 * @param {Child[]} running
 */
async function keepUp(stop, servers, running) {
  /** @param {import("./servers.mjs").Server} server @param {Child | undefined} child */
  const watch = async (server, child) => {
    /** @type {number[]} */
    const starts = [];
    for (let current = child; current; current = stop.own(server.start())) {
      const code = await current.ended;
      if (stop.asked) return;
      const now = performance.now();
      while (starts[0] !== undefined && starts[0] < now - 60_000) starts.shift();
      starts.push(now);
      if (starts.length > RESTARTS_PER_MINUTE) {
        const message = `The ${server.name} keeps ending (code ${code}), so everything is stopped.`;
        throw new Problem("keeps-ending", message, `The whole log is in ${current.log}.`, sentences(current.tail(15)));
      }
      process.stderr.write(
        `The ${server.name} ended unexpectedly (code ${code}) and is started again; its log is ${current.log}.\n`,
      );
      await new Promise((resolve) => setTimeout(resolve, 500 * starts.length));
      if (stop.asked) return;
    }
  };
  await Promise.all(servers.map((server, i) => watch(server, running[i])));
}

/** Something that the small bundled model does well. */
const EXAMPLE = JSON.stringify({
  model: "tug-small",
  temperature: 0,
  messages: [
    { role: "user", content: "Choose one: animal, food, plant\nText: a small domesticated carnivore that chases mice" },
  ],
});

/** What the service left for scripts. */
function readFacts() {
  return JSON.parse(readFileSync(join(home, "first-run.json"), "utf8"));
}

/** @param {{ consoleUrl: string; apiUrl: string; link: string; apiKey: string; took: number }} facts */
function block({ consoleUrl, apiUrl, link, apiKey, took }) {
  const where = root === process.cwd() ? "" : `\n  In      ${root}`;
  return `
  Tugboat is up (${seconds(took)}).${where}

  Console   ${consoleUrl}
  Sign in   ${link}   (works once, for a day)
  API       ${apiUrl}/v1
  API key   ${apiKey}

  Try it:

curl ${apiUrl}/v1/chat/completions -H "Authorization: Bearer ${apiKey}" -H "Content-Type: application/json" -d '${EXAMPLE}'

  Ctrl-C stops it.
`;
}
