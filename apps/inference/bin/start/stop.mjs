import { readFileSync } from "node:fs";
import { join } from "node:path";
import { home } from "./paths.mjs";

const GRACE_MS = 20_000;
/** npm hands on the Ctrl-C that the terminal has already sent to the whole group: those two are one. */
const ECHO_MS = 500;

/** Everything that has to be stopped, and the signals that ask for it: once to stop cleanly, twice to stop now. */
export class Stop {
  asked = false;
  #askedAt = 0;
  /** @type {Set<import("./child.mjs").Child>} */
  #children = new Set();
  #parent = process.ppid;
  #watch;

  constructor() {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => this.#onSignal());
    process.on("exit", () => {
      for (const child of this.#children) child.kill();
    });
    // npm hands on most signals, but dies of SIGKILL alone: nobody would then be left to stop this.
    if (process.env.npm_lifecycle_event !== undefined) {
      this.#watch = setInterval(() => {
        if (process.ppid !== this.#parent) this.#ask("npm is gone");
      }, 1_000);
      this.#watch.unref();
    }
  }

  /**
   * @template {import("./child.mjs").Child} C
   * @param {C} child
   */
  own(child) {
    this.#children.add(child);
    void child.ended.then(() => this.#children.delete(child));
    if (this.asked) void child.stop();
    return child;
  }

  /** Stops what still runs and waits for it. */
  async finish() {
    clearInterval(this.#watch);
    this.asked = true;
    this.#askedAt ||= performance.now();
    const left = [...this.#children];
    const patience = setTimeout(() => this.#killAll(), GRACE_MS);
    await Promise.all(left.map((child) => child.stop()));
    clearTimeout(patience);
    await databaseEnded();
  }

  #onSignal() {
    if (!this.asked) return this.#ask("Stopping");
    if (performance.now() - this.#askedAt > ECHO_MS) this.#killAll();
  }

  /** @param {string} why */
  #ask(why) {
    this.asked = true;
    this.#askedAt = performance.now();
    process.stderr.write(`\n${why} … (Ctrl-C again stops at once)\n`);
    for (const child of this.#children) void child.stop();
  }

  #killAll() {
    for (const child of this.#children) child.kill();
  }
}

/** The embedded server notices the end of a service that was killed, and stops by itself a moment later. */
async function databaseEnded() {
  for (let waited = 0; waited < 10_000; waited += 50) {
    try {
      process.kill(Number(readFileSync(join(home, "postgres/postmaster.pid"), "utf8").split("\n")[0]), 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
