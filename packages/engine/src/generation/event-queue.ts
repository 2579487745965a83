/** Events that one side pushes and the other awaits, in order. Costs one promise per wait and none otherwise. */
export class EventQueue<T> implements AsyncIterableIterator<T> {
  readonly #events: T[] = [];
  #head = 0;
  #ended = false;
  #error: unknown;
  #wake: (() => void) | undefined;
  readonly #onReturn: () => void;

  /** @param onReturn called when the reader leaves before the end. */
  constructor(onReturn: () => void) {
    this.#onReturn = onReturn;
  }

  push(event: T): void {
    if (this.#ended) return;
    this.#events.push(event);
    this.#wakeReader();
  }

  /** No more events; what was pushed is still read. */
  end(): void {
    this.#ended = true;
    this.#wakeReader();
  }

  /** As `end`, and the reader then gets the error. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#error = error;
    this.end();
  }

  async next(): Promise<IteratorResult<T>> {
    while (this.#head === this.#events.length) {
      if (this.#error !== undefined) {
        const error = this.#error;
        this.#error = undefined;
        throw error;
      }
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const value = this.#events[this.#head]!;
    this.#head += 1;
    if (this.#head === this.#events.length) {
      this.#events.length = 0;
      this.#head = 0;
    }
    return { done: false, value };
  }

  async return(): Promise<IteratorResult<T>> {
    const early = !this.#ended;
    this.#ended = true;
    this.#events.length = 0;
    this.#head = 0;
    this.#error = undefined;
    if (early) this.#onReturn();
    this.#wakeReader();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #wakeReader(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
