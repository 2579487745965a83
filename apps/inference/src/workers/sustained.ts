import type { GenerateEvent } from "@tugboat/engine";
import { ServingError } from "./errors.ts";

export type Events = AsyncIterableIterator<readonly GenerateEvent[]>;

/** A request is begun at most this often. */
const mostAttempts = 4;

export interface SustainOptions {
  /** Begins the request; `seed` is what an earlier attempt drew with. @throws ServingError */
  readonly begin: (seed: number | undefined) => Promise<Events>;
  /** Nothing of it is shown before its end. */
  readonly whole: boolean;
  readonly onRetry?: (error: ServingError, attempt: number) => void;
}

/**
 * The events of a request that outlives its worker: when the process dies it is begun anew elsewhere, as long as nothing
 * was shown of it. Of an answer that is shown whole what came already is left out of the second attempt, which draws with
 * the first's seed and so writes the same; where it doesn't, the death is reported after all.
 */
export class Sustained implements Events {
  readonly #options: SustainOptions;
  #events: Events;
  #attempts = 1;
  #left = false;
  #death: ServingError | undefined;
  #isStarted = false;
  #seed: number | undefined;
  /** Tokens that were passed on, by choice; `null` at the end of those that finished. */
  readonly #passed = new Map<number, (number | null)[]>();
  /** How far into them this attempt is. */
  #at = new Map<number, number>();

  private constructor(options: SustainOptions, events: Events) {
    this.#options = options;
    this.#events = events;
  }

  /** @throws ServingError when it can't be begun */
  static async begin(options: SustainOptions): Promise<Sustained> {
    return new Sustained(options, await options.begin(undefined));
  }

  async next(): Promise<IteratorResult<readonly GenerateEvent[]>> {
    for (;;) {
      try {
        const step = await this.#events.next();
        if (step.done) return step;
        const fresh = step.value.filter((event) => this.#isNew(event));
        if (fresh.length > 0) return { done: false, value: fresh };
      } catch (error) {
        if (error instanceof Diverged) {
          void this.#events.return?.();
          throw this.#death ?? error;
        }
        if (!this.#mayRetry(error)) throw error;
        this.#death = error;
        await this.#again(error);
        if (this.#left) return { done: true, value: undefined };
      }
    }
  }

  async return(): Promise<IteratorResult<readonly GenerateEvent[]>> {
    this.#left = true;
    await this.#events.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #mayRetry(error: unknown): error is ServingError {
    if (!(error instanceof ServingError) || error.code !== "worker-died") return false;
    if (this.#left || this.#attempts >= mostAttempts) return false;
    return this.#options.whole || this.#passed.size === 0;
  }

  async #again(error: ServingError): Promise<void> {
    this.#attempts += 1;
    this.#options.onRetry?.(error, this.#attempts);
    this.#at = new Map();
    this.#events = await this.#options.begin(this.#seed);
    if (this.#left) await this.#events.return?.();
  }

  /** Whether it wasn't passed on by an earlier attempt. @throws Diverged */
  #isNew(event: GenerateEvent): boolean {
    switch (event.type) {
      case "start": {
        const isFirst = !this.#isStarted;
        this.#isStarted = true;
        this.#seed = event.seed;
        return isFirst;
      }
      case "token":
        return this.#isNext(event.choice, event.token);
      case "finish":
        return this.#isNext(event.choice, null);
      case "done":
        return true;
    }
  }

  #isNext(choice: number, token: number | null): boolean {
    const passed = this.#passed.get(choice) ?? [];
    const at = this.#at.get(choice) ?? 0;
    this.#at.set(choice, at + 1);
    if (at < passed.length) {
      if (passed[at] !== token) throw new Diverged();
      return false;
    }
    // Only what may be begun anew is remembered token by token.
    if (this.#options.whole || passed.length === 0) passed.push(token);
    this.#passed.set(choice, passed);
    return true;
  }
}

/** The second attempt wrote something else. */
class Diverged extends Error {}
