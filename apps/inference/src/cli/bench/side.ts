import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { repositoryRoot } from "../../env.ts";
import { CliError } from "../output.ts";

const answerSchema = z.union([
  z.object({ id: z.number(), values: z.record(z.string(), z.number()) }),
  z.object({ id: z.number(), error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }) }),
]);

/** Named numbers that a side measured. */
export type Values = Readonly<Record<string, number>>;

/**
 * One party of a comparison, in a process of its own so that neither disturbs the other's memory or threads. It takes
 * `{id, task, …}` and answers `{id, values}` or `{id, error}`.
 */
export class Side {
  readonly #child: ChildProcess;
  readonly #name: string;
  #nextId = 1;
  readonly #open = new Map<number, { resolve: (values: Values) => void; reject: (error: Error) => void }>();

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
    child.on("message", (message) => this.#receive(message));
    child.on("exit", (code, signal) => {
      const failure = new CliError("side-died", `${name} ended in the middle (${signal ?? `exit code ${code}`}).`);
      for (const { reject } of this.#open.values()) reject(failure);
      this.#open.clear();
    });
  }

  /** Our side: a file beside this one. */
  static ours(file: "engine-side" | "kernel-side" | "stage-side"): Side {
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const path = fileURLToPath(new URL(`./${file}.${extension}`, import.meta.url));
    return new Side("Tugboat", fork(path, [], { stdio: ["ignore", "inherit", "inherit", "ipc"] }));
  }

  /**
   * Another project's, from `bench/src/`. They are TypeScript and development dependencies.
   * @throws CliError `peer-missing`
   */
  static peer(name: string, file: string, packageName: string): Side {
    const path = join(repositoryRoot, "bench/src", file);
    const hint = "Run `npm install` in a clone of the repository: the benchmarks' peers are development dependencies.";
    const require = createRequire(path);
    if (!existsSync(path) || !resolves(require, "tsx") || !resolves(require, packageName)) {
      throw new CliError("peer-missing", `${name} is not installed here, so there is nothing to compare with.`, hint);
    }
    const loader = ["--import", require.resolve("tsx")];
    return new Side(name, fork(path, [], { execArgv: loader, stdio: ["ignore", "ignore", "inherit", "ipc"] }));
  }

  ask(task: string, details: object = {}): Promise<Values> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve, reject });
      this.#child.send({ id, task, ...details }, (error) => {
        if (error) reject(new CliError("side-died", `${this.#name} can't be reached: ${error.message}`));
      });
    });
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = new Promise<void>((resolve) => this.#child.once("exit", () => resolve()));
    this.#child.kill("SIGKILL");
    await exited;
  }

  #receive(message: unknown): void {
    const answer = answerSchema.parse(message);
    const waiting = this.#open.get(answer.id);
    this.#open.delete(answer.id);
    if ("values" in answer) waiting?.resolve(answer.values);
    else {
      const { code, hint, message: text } = answer.error;
      waiting?.reject(new CliError(code, `${this.#name}: ${text}`, hint));
    }
  }
}

function resolves(require: NodeJS.Require, name: string): boolean {
  try {
    // ESM-only packages have no `require` entry; that they are found at all is what matters.
    require.resolve(name);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ERR_PACKAGE_PATH_NOT_EXPORTED";
  }
}
