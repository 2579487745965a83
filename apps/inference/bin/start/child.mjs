import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readSync, renameSync, statSync } from "node:fs";
import { root } from "./paths.mjs";

const LOG_LIMIT_BYTES = 10_000_000;

/**
 * The launcher holds a pipe open to each program it starts. When that closes, even because the launcher was killed and
 * can't say so, the guard asks the program to end, and after 15 s ends its whole process group. Being in a session of
 * its own, the program doesn't hear the terminal's Ctrl-C: the launcher decides.
 */
const GUARD = `
exec 3<&0
"$@" 3<&- </dev/null & child=$!
(
  read -r _ <&3
  kill -TERM "$child"
  sleep 15 & timer=$!
  trap 'kill "$timer"; wait "$timer"; exit' TERM
  wait "$timer"
  kill -KILL 0
) 2>/dev/null & guard=$!
exec 3<&-
wait "$child"; code=$?
trap '' TERM
kill -TERM 0
wait "$guard"
exit "$code"`;

/** A program under guard, with its output in a log file. */
export class Child {
  #process;
  #from;
  /** Settles with the exit code when the program has ended. */
  ended;
  /** @type {number | undefined} */
  exitCode;

  /**
   * @param {string} name
   * @param {string} log path of the log file
   * @param {readonly string[]} command
   * @param {{ cwd?: string; env?: Record<string, string | undefined> }} [options]
   */
  constructor(name, log, command, { cwd = root, env = {} } = {}) {
    this.name = name;
    this.log = log;
    if (existsSync(log) && statSync(log).size > LOG_LIMIT_BYTES) renameSync(log, `${log}.1`);
    const output = openSync(log, "a", 0o600);
    this.#from = statSync(log).size;
    this.#process = spawn("/bin/sh", ["-c", GUARD, `tugboat-${name}`, ...command], {
      cwd,
      detached: true,
      env: { ...process.env, ...env },
      stdio: ["pipe", output, output],
    });
    closeSync(output);
    this.#process.stdin?.on("error", () => {});
    this.ended = new Promise((resolve) => {
      this.#process.on("error", () => resolve(127));
      this.#process.on("exit", (code, signal) => resolve(signal === null ? (code ?? 1) : 128));
    }).then((code) => {
      this.exitCode = Number(code);
      return this.exitCode;
    });
  }

  /** Asks it to end. */
  stop() {
    this.#process.stdin?.end();
    return this.ended;
  }

  /** Ends it and everything it started, now. */
  kill() {
    const { pid } = this.#process;
    if (pid === undefined || this.exitCode !== undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }

  /** @param {number} count the last lines it wrote */
  tail(count) {
    return text(this.log, this.#from).trimEnd().split("\n").slice(-count).join("\n");
  }

  /** The last line it wrote that says something. */
  lastLine() {
    const lines = text(this.log, this.#from)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours are what is removed
      .replace(/\x1b\[[0-9;]*[A-Za-z]/g, "")
      .split(/[\r\n]+/);
    return lines.findLast((line) => line.trim() !== "")?.trim() ?? "";
  }
}

/**
 * @param {string} path
 * @param {number} from
 */
function text(path, from) {
  try {
    const { size } = statSync(path);
    const start = Math.max(from, size - 16_384);
    const buffer = Buffer.alloc(size - start);
    const file = openSync(path, "r");
    readSync(file, buffer, 0, buffer.length, start);
    closeSync(file);
    return buffer.toString("utf8");
  } catch {
    return "";
  }
}
