import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type FirstRun, readFirstRun } from "../domain/first-run.ts";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

export interface RunningService extends RunningProcess {
  readonly home: string;
  readonly url: string;
  readonly apiKey: string;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
}

/** A data directory of a test. The path is short: sockets lie in it. */
export function temporaryHome(): Promise<string> {
  return mkdtemp(join(tmpdir(), "tug-"));
}

/** A process of the built service, with whatever roles. */
export interface RunningProcess {
  readonly process: ChildProcess;
  /** What it has logged, one JSON document a line. */
  log(): string;
  /** Ctrl-C; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** Starts a process of the built service on a free port. It need not serve yet. */
export function startProcess(env: Record<string, string>, home: string): RunningProcess {
  const child = spawn(process.execPath, [main], {
    env: {
      ...process.env,
      TUGBOAT_HOME: home,
      TUGBOAT_API_PORT: "0",
      TUGBOAT_DEFAULT_MODEL: "stories260K",
      TUGBOAT_DEVICE: "cpu",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  return {
    process: child,
    log: () => output,
    async stop() {
      if (child.exitCode === null) child.kill("SIGINT");
      return exited;
    },
  };
}

/** Starts the built service on a free port and waits until it serves. */
export async function startService(env: Record<string, string> = {}, home?: string): Promise<RunningService> {
  const folder = home ?? (await temporaryHome());
  const started = startProcess(env, folder);
  let facts: FirstRun;
  try {
    facts = await serving(folder, started.process, started.log);
  } catch (error) {
    started.process.kill("SIGKILL");
    throw error;
  }
  return {
    ...started,
    home: folder,
    url: facts.apiUrl,
    apiKey: facts.apiKey,
    async remove() {
      await started.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function serving(home: string, child: ChildProcess, log: () => string): Promise<FirstRun> {
  const start = Date.now();
  while (Date.now() - start < 100_000) {
    if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}:\n${log()}`);
    // The file of an earlier start names an old port until this one has begun to serve.
    const facts = log().includes('"msg":"serving"') ? await readFirstRun(home) : undefined;
    if (facts !== undefined) {
      const health = await fetch(`${facts.apiUrl}/health`).catch(() => undefined);
      if (health?.status === 200) return facts;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the service did not serve in time:\n${log()}`);
}
