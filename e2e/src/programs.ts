import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What a program said and how it ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const patienceMs = 60_000;

function run(program: string, args: readonly string[], cwd?: string): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd, timeout: patienceMs, encoding: "utf8" }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** Runs a command as if it was pasted into a shell. */
export function runShell(command: string): Promise<Outcome> {
  return run("sh", ["-c", command]);
}

/** Runs a TypeScript program as if it was saved where the `openai` package is installed. */
export async function runTypeScript(source: string): Promise<Outcome> {
  // Beside the tests, because a program finds its packages from where it lies.
  const results = join(dirname(fileURLToPath(import.meta.url)), "..", "test-results");
  mkdirSync(results, { recursive: true });
  const folder = mkdtempSync(join(results, "pasted-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "pasted.ts"), source);
    const tsx = fileURLToPath(import.meta.resolve("tsx/cli"));
    return await run(process.execPath, [tsx, "pasted.ts"], folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a Python program as if it was saved and started. */
export async function runPython(source: string): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "tugboat-pasted-"));
  try {
    writeFileSync(join(folder, "pasted.py"), source);
    return await run(python, ["pasted.py"], folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const python = process.env.TUGBOAT_PYTHON ?? "python3";

/** Whether the official `openai` package is installed for Python, which the Python snippet needs. */
export async function hasPythonClient(): Promise<boolean> {
  return (await run(python, ["-c", "import openai"])).code === 0;
}
