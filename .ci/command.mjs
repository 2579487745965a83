import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { seconds } from "../apps/inference/bin/start/progress.mjs";

const HEARTBEAT_MS = 30_000;

/**
 * Runs one command to its end, its output in a log file, saying now and then that it goes on.
 *
 * @param {{ title: string; command: string[]; log: string; cwd: string; env: object; limitMs: number }} options
 * @returns {Promise<{ code: number; timedOut: boolean; ms: number }>}
 */
export async function runCommand({ title, command: [program = "", ...args], log, cwd, env, limitMs }) {
  console.log(`… ${title}`);
  const start = performance.now();
  const output = openSync(log, "w");
  // In a group of its own, so that all it started can be ended with it.
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  };
  const interrupt = () => {
    kill();
    process.exit(130);
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  let timedOut = false;
  const limit = setTimeout(() => {
    timedOut = true;
    kill();
  }, limitMs);
  const heartbeat = setInterval(() => {
    console.log(`  ${title}, ${seconds(performance.now() - start)}: ${lastLine(log)}`);
  }, HEARTBEAT_MS);
  const code = await new Promise((resolve) => {
    child.on("error", () => resolve(127));
    child.on("exit", (exit) => resolve(exit ?? 1));
  });
  clearTimeout(limit);
  clearInterval(heartbeat);
  process.off("SIGINT", interrupt);
  process.off("SIGTERM", interrupt);
  kill();
  return { code: Number(code), timedOut, ms: performance.now() - start };
}

/**
 * Without a terminal's colours.
 *
 * @param {string} text
 */
export function plain(text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is removed
  return text.replace(/\x1b\[[0-9;]*[A-Za-z]/g, "");
}

/** @param {string} log */
function lastLine(log) {
  const lines = plain(readFileSync(log, "utf8").slice(-4000)).trimEnd().split("\n");
  return lines.at(-1)?.trim().slice(0, 100) ?? "";
}
