import type { GenerateEvent } from "@tugboat/engine";
import { creditWindow } from "./protocol.ts";

export interface EventStreamLinks {
  /** Lets the producer send this many events more. */
  readonly onCredit: (credits: number) => void;
  /** The consumer went away before the end. */
  readonly onCancel: () => void;
  /** The producer said that nothing follows. */
  readonly onEnd?: () => void;
}

/**
 * One request's events on the service's side: what arrived and was not yet taken. Iterates over batches, everything that
 * is there at once; taking a batch gives the producer credit for as many events, so at most `creditWindow` lie here.
 */
export class EventStream implements AsyncIterableIterator<readonly GenerateEvent[]> {
  readonly #links: EventStreamLinks;
  #pending: GenerateEvent[] = [];
  #owed = 0;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(links: EventStreamLinks) {
    this.#links = links;
  }

  get ended(): boolean {
    return this.#ended;
  }

  push(events: readonly GenerateEvent[]): void {
    if (this.#ended) return;
    for (const event of events) this.#pending.push(event);
    this.#wake?.();
  }

  /** No more events will come; an error is thrown to the consumer after what is already here. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#links.onEnd?.();
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<readonly GenerateEvent[]>> {
    while (this.#pending.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    if (this.#pending.length > 0) {
      const batch = this.#pending;
      this.#pending = [];
      this.#repay(batch.length);
      return { done: false, value: batch };
    }
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<readonly GenerateEvent[]>> {
    this.cancel();
    return { done: true, value: undefined };
  }

  /** Gives up: drops what is here and tells the producer. */
  cancel(): void {
    this.#pending = [];
    if (this.#ended) return;
    this.#ended = true;
    this.#links.onCancel();
    this.#wake?.();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Credits go back in quarters of the window: a message per event would double the traffic. */
  #repay(events: number): void {
    this.#owed += events;
    if (this.#owed < creditWindow / 4 || this.#ended) return;
    this.#links.onCredit(this.#owed);
    this.#owed = 0;
  }
}
