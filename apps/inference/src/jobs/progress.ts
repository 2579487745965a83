import type { JobProgress } from "@tugboat/db";
import type { ProgressReport } from "./define.ts";

const EVERY_MS = 250;

/** Writes the newest report at most four times a second, and never two at once. */
export class ProgressWriter {
  readonly #write: (progress: JobProgress) => Promise<unknown>;
  readonly #pace = new Pace();
  #next: JobProgress | undefined;
  #writing: Promise<void> | undefined;

  constructor(write: (progress: JobProgress) => Promise<unknown>) {
    this.#write = write;
  }

  report(report: ProgressReport): void {
    const { stage, done = null, total = null, message = null } = report;
    const etaMs = report.etaMs ?? this.#pace.eta(stage, done, total, performance.now());
    this.#next = { stage, done, total, message, etaMs };
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when everything reported so far is written or given up. */
  async end(): Promise<void> {
    const last = this.#next;
    this.#next = undefined;
    await this.#writing;
    if (last !== undefined) await this.#write(last).catch(() => {});
  }

  async #drain(): Promise<void> {
    while (this.#next !== undefined) {
      const progress = this.#next;
      this.#next = undefined;
      // A report that could not be written is made up for by the next.
      await this.#write(progress).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }
}

/** Works out how long a stage has to go by how fast it went since its first report. */
export class Pace {
  #stage = "";
  #from = { done: 0, at: 0 };

  /** @returns ms, or null while nothing can be said */
  eta(stage: string, done: number | null, total: number | null, at: number): number | null {
    if (done === null || total === null) return null;
    if (stage !== this.#stage || done < this.#from.done) {
      this.#stage = stage;
      this.#from = { done, at };
      return null;
    }
    const gained = done - this.#from.done;
    if (gained <= 0) return null;
    return Math.round(((at - this.#from.at) / gained) * Math.max(0, total - done));
  }
}
