import { admit, type Breaker, closedBreaker, type Outcome, settle } from "../routing/breaker.ts";
import type { UpstreamEntry } from "../routing/target.ts";
import { type Ask, UpstreamAnswer } from "./answer.ts";
import { isFailure, UpstreamError } from "./errors.ts";

/** How an upstream does, as this process saw it. */
export interface UpstreamHealth {
  readonly phase: Breaker["phase"];
  readonly inFlight: number;
  /** Since the start of this process. */
  readonly answered: number;
  readonly failed: number;
  /** What went wrong last, and when, in milliseconds since the epoch. */
  readonly lastError?: { readonly message: string; readonly at: number };
}

interface Seen {
  breaker: Breaker;
  inFlight: number;
  answered: number;
  failed: number;
  lastError?: { message: string; at: number };
}

/** How often a connection is tried before the upstream counts as unreachable. Nothing was sent by then. */
const connectTries = 2;
const betweenTriesMs = 100;

/** Asks upstreams, and leaves those alone that fail. */
export class Upstreams {
  readonly #seen = new Map<string, Seen>();

  /**
   * Begins an answer. Its reader must call `ended` once.
   * @throws UpstreamError
   */
  async ask(ask: Ask): Promise<{ answer: UpstreamAnswer; attempts: number; ended: (error?: unknown) => void }> {
    const { upstream } = ask.target;
    const seen = this.#of(upstream);
    const admission = admit(seen.breaker, performance.now());
    seen.breaker = admission.state;
    if (!admission.admitted) {
      const seconds = Math.ceil(admission.retryAfterMs / 1000);
      const why = seen.lastError === undefined ? "" : ` ${seen.lastError.message}`;
      throw new UpstreamError("resting", `The upstream ${upstream.name} failed too often and gets a pause.${why}`, {
        retryAfterSeconds: Math.max(1, seconds),
      });
    }
    seen.inFlight++;
    let open = true;
    const ended = (error?: unknown) => {
      if (!open) return;
      open = false;
      seen.inFlight--;
      const outcome = outcomeOf(error);
      if (outcome === "success") seen.answered++;
      if (outcome === "failure") seen.failed++;
      if (error instanceof UpstreamError && error.code !== "cancelled" && error.code !== "bad-request") {
        seen.lastError = { message: error.message, at: Date.now() };
      }
      seen.breaker = settle(seen.breaker, outcome, performance.now());
    };
    for (let attempts = 1; ; attempts++) {
      try {
        return { answer: await UpstreamAnswer.start(ask), attempts, ended };
      } catch (error) {
        const again = error instanceof UpstreamError && error.code === "unreachable" && attempts < connectTries;
        if (!again || ask.signal.aborted) {
          ended(error);
          throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, betweenTriesMs));
      }
    }
  }

  health(upstreamId: string): UpstreamHealth {
    const { breaker, ...rest } = this.#seen.get(upstreamId) ?? fresh();
    // A pause that is over ends with the next request.
    const over = breaker.phase === "open" && breaker.until <= performance.now();
    return { ...rest, phase: over ? "half-open" : breaker.phase };
  }

  /** Begins anew: its settings changed, or a test found it well. */
  forget(upstreamId: string): void {
    const seen = this.#seen.get(upstreamId);
    if (seen !== undefined) seen.breaker = closedBreaker;
  }

  #of({ id }: UpstreamEntry): Seen {
    let seen = this.#seen.get(id);
    if (seen === undefined) {
      seen = fresh();
      this.#seen.set(id, seen);
    }
    return seen;
  }
}

function fresh(): Seen {
  return { breaker: closedBreaker, inFlight: 0, answered: 0, failed: 0 };
}

function outcomeOf(error: unknown): Outcome {
  if (error === undefined) return "success";
  if (!(error instanceof UpstreamError)) return "unknown";
  if (error.code === "cancelled" || error.code === "unusable") return "unknown";
  return isFailure(error) ? "failure" : "success";
}
