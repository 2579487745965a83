import type { Database, JobChange } from "@tugboat/db";

export interface ChangeListener {
  readonly onChange: (change: JobChange) => void;
  /** Some changes may not have been told: look at everything again. */
  readonly onGap?: () => void;
}

/** One connection that hears of every job's changes, for everybody in this process who wants to know. */
export class JobChanges {
  readonly #listeners = new Set<ChangeListener>();

  constructor(jobs: Pick<Database["jobs"], "watch">) {
    jobs.watch({
      onChange: (change) => {
        for (const listener of this.#listeners) listener.onChange(change);
      },
      onListening: (listening) => {
        if (listening) for (const listener of this.#listeners) listener.onGap?.();
      },
    });
  }

  /** @returns ends it */
  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
