import type { GenerateEvent, ModelInfo } from "@tugboat/engine";
import type { Affinity } from "../routing/affinity.ts";
import type { HotKey } from "../routing/hot-keys.ts";
import { type Placements, Sticky } from "../routing/sticky.ts";
import { ServingError, type ServingErrorCode } from "./errors.ts";
import type { ReadAnswer, ReadRequest } from "./protocol.ts";
import type { Place, PlacedRequest, Servable } from "./servable.ts";
import { Sustained } from "./sustained.ts";

export interface PlacedOptions<P extends Place> {
  /** Where requests can go now. @throws ServingError when there is nothing */
  readonly places: () => readonly P[] | Promise<readonly P[]>;
  readonly onRetry: (error: ServingError, attempt: number) => void;
}

/** What another place may not suffer from. */
const elsewhere: readonly ServingErrorCode[] = [
  "worker-died",
  "worker-restarting",
  "model-unavailable",
  "no-memory",
  "queue-full",
  "shutting-down",
];

const mostAttempts = 3;

/** Several places that answer the same requests: each request goes where its prefix is, and outlives a place that dies. */
export class Placed<P extends Place> implements Servable {
  readonly #options: PlacedOptions<P>;
  readonly #sticky = new Sticky();
  #retries = 0;

  constructor(options: PlacedOptions<P>) {
    this.#options = options;
  }

  get placements(): Placements {
    return this.#sticky.placements;
  }

  /** Requests that were begun anew because their worker had died. */
  get retries(): number {
    return this.#retries;
  }

  /** @param places how many there are */
  hotKeys(places: number): HotKey[] {
    return this.#sticky.hotKeys(places, performance.now());
  }

  /** Resolves when one place serves; all of them are told to load. */
  async ready(): Promise<ModelInfo> {
    const asked = (await this.#options.places()).map((place) => place.ready());
    try {
      return await Promise.any(asked);
    } catch (error) {
      throw error instanceof AggregateError ? error.errors[0] : error;
    }
  }

  async generate(request: PlacedRequest): Promise<AsyncIterableIterator<readonly GenerateEvent[]>> {
    return Sustained.begin({
      whole: request.whole === true,
      begin: (seed = request.seed) =>
        this.#insisting(request.affinity, (place) =>
          place.generate(seed === undefined ? request : { ...request, seed }),
        ),
      onRetry: (error, attempt) => this.#retrying(error, attempt),
    });
  }

  /** Asks the place that the affinity names, or another one where that can't, and once more where it died. */
  ask<T>(affinity: Affinity | undefined, ask: (place: P) => Promise<T>): Promise<T> {
    return this.#insisting(affinity, ask);
  }

  read(request: ReadRequest, signal: AbortSignal): Promise<ReadAnswer> {
    return this.#insisting(undefined, (place) => place.read(request, signal), signal);
  }

  /** As `#anywhere`, and once more where the place died meanwhile. */
  async #insisting<T>(affinity: Affinity | undefined, ask: (place: P) => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#anywhere(affinity, ask);
      } catch (error) {
        const isDeath = error instanceof ServingError && error.code === "worker-died";
        if (!isDeath || signal?.aborted || attempt >= mostAttempts) throw error;
        this.#retrying(error, attempt + 1);
      }
    }
  }

  #retrying(error: ServingError, attempt: number): void {
    this.#retries += 1;
    this.#options.onRetry(error, attempt);
  }

  /** Asks one place after another until one takes the request; the reason of the first is told when none does. */
  async #anywhere<T>(affinity: Affinity | undefined, ask: (place: P) => Promise<T>): Promise<T> {
    const all = await this.#options.places();
    const usable = all.filter((place) => place.usable);
    for (const place of all) if (!place.usable) place.wake();
    let failure: unknown;
    for (const place of this.#sticky.order(affinity, usable.length > 0 ? usable : all, performance.now())) {
      try {
        return await ask(place);
      } catch (error) {
        failure ??= error;
        if (!(error instanceof ServingError && elsewhere.includes(error.code))) throw error;
      }
    }
    throw failure;
  }
}
