import type { GenerateEvent } from "@tugboat/engine";
import type { RequestEvents, WireError } from "./protocol.ts";

/** One generation that is sent somewhere: as far as its reader has given credit for. */
export class Job {
  readonly #abort = new AbortController();
  #credits: number;
  #wake: (() => void) | undefined;

  constructor(credits: number) {
    this.#credits = credits;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  cancel(): void {
    this.#abort.abort();
    this.#wake?.();
  }

  grant(credits: number): void {
    this.#credits += credits;
    this.#wake?.();
  }

  /** Takes one credit; resolves once there is one, or the job was cancelled. */
  async spend(): Promise<void> {
    while (this.#credits <= 0 && !this.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#wake = undefined;
    this.#credits -= 1;
  }
}

/**
 * Collects what happens within one turn of the event loop, so that a step of many sequences is one message. It goes out when
 * all that the step's promises do is done, and before the next turn: the next step may then hold this thread until its end.
 */
export class Outbox {
  readonly #send: (message: { readonly type: "events"; readonly requests: readonly RequestEvents[] }) => void;
  #pending = new Map<number, { id: number; events: GenerateEvent[]; end?: { error?: WireError } }>();
  #scheduled = false;

  constructor(send: (message: { readonly type: "events"; readonly requests: readonly RequestEvents[] }) => void) {
    this.#send = send;
  }

  event(id: number, event: GenerateEvent): void {
    this.#entry(id).events.push(event);
  }

  end(id: number, error?: WireError): void {
    this.#entry(id).end = error === undefined ? {} : { error };
  }

  #entry(id: number) {
    let entry = this.#pending.get(id);
    if (entry === undefined) {
      entry = { id, events: [] };
      this.#pending.set(id, entry);
    }
    if (!this.#scheduled) {
      this.#scheduled = true;
      process.nextTick(() => this.#flush());
    }
    return entry;
  }

  #flush(): void {
    this.#scheduled = false;
    const requests: RequestEvents[] = [...this.#pending.values()];
    this.#pending = new Map();
    this.#send({ type: "events", requests });
  }
}
