import type { GenerateEvent, ModelInfo } from "@tugboat/engine";
import type { PrefillAnswer, ReadAnswer, ReadRequest } from "../protocol.ts";
import type { Replica } from "../replica.ts";
import type { Place, PlacedRequest } from "../servable.ts";
import type { PrefillPool } from "./prefill-pool.ts";

type Events = AsyncIterableIterator<readonly GenerateEvent[]>;

/** A replica whose prompts are read by the workers of another pool. */
export class DecodePlace implements Place {
  readonly #replica: Replica;
  readonly #prefill: PrefillPool;
  /** Requests whose prompts are being read for it. */
  #coming = 0;

  constructor(replica: Replica, prefill: PrefillPool) {
    this.#replica = replica;
    this.#prefill = prefill;
  }

  get id(): string {
    return this.#replica.id;
  }

  get load(): number {
    return this.#replica.load + this.#coming;
  }

  get usable(): boolean {
    return this.#replica.usable;
  }

  wake(): void {
    this.#replica.wake();
    this.#prefill.wake();
  }

  ready(): Promise<ModelInfo> {
    return this.#replica.ready();
  }

  read(request: ReadRequest, signal: AbortSignal): Promise<ReadAnswer> {
    return this.#replica.read(request, signal);
  }

  async generate(request: PlacedRequest): Promise<Events> {
    await this.#replica.ready();
    const { takesAt } = this.#replica;
    this.#coming += 1;
    let read: PrefillAnswer | undefined;
    try {
      read = takesAt && (await this.#prefill.read(request, takesAt));
    } finally {
      this.#coming -= 1;
    }
    if (!read) return this.#replica.generate(request);
    return timed(await this.#replica.generate({ ...request, cachedElsewhere: read.cachedTokens }), read);
  }
}

/** The events of an answer whose prompt was read elsewhere: the time of that belongs to it. */
function timed(events: Events, { handOverMs, prefillMs, queueMs }: PrefillAnswer): Events {
  const complete = (event: GenerateEvent): GenerateEvent => {
    if (event.type !== "done") return event;
    const { timings } = event;
    const before = queueMs + prefillMs + handOverMs;
    return {
      ...event,
      timings: {
        ...timings,
        queueMs: timings.queueMs + queueMs,
        prefillMs: timings.prefillMs + prefillMs + handOverMs,
        ttftMs: timings.ttftMs + before,
      },
    };
  };
  const timedEvents: Events = {
    async next() {
      const step = await events.next();
      return step.done ? step : { done: false, value: step.value.map(complete) };
    },
    async return() {
      await events.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => timedEvents,
  };
  return timedEvents;
}
