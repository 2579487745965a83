/**
 * A circuit breaker: after failures in a row a server is left alone for a while, then one request tries it. A function
 * from state to state; the clock is the caller's, in milliseconds.
 */
export type Breaker =
  | { readonly phase: "closed"; readonly failures: number }
  | { readonly phase: "open"; readonly until: number; readonly openings: number }
  | { readonly phase: "half-open"; readonly openings: number };

export const closedBreaker: Breaker = { phase: "closed", failures: 0 };

export interface BreakerOptions {
  /** Failures in a row that open it. */
  readonly threshold: number;
  /** How long it stays open at first; twice as long each further time. */
  readonly pauseMs: number;
  readonly longestPauseMs: number;
}

export const breakerDefaults: BreakerOptions = { threshold: 5, pauseMs: 2000, longestPauseMs: 60_000 };

export type Admission =
  | { readonly admitted: true; readonly state: Breaker }
  | { readonly admitted: false; readonly state: Breaker; readonly retryAfterMs: number };

/** Whether a request may go through. One that goes through a pause's end is the probe: until it ends, no other does. */
export function admit(state: Breaker, now: number): Admission {
  switch (state.phase) {
    case "closed":
      return { admitted: true, state };
    case "open":
      return now < state.until
        ? { admitted: false, state, retryAfterMs: state.until - now }
        : { admitted: true, state: { phase: "half-open", openings: state.openings } };
    case "half-open":
      return { admitted: false, state, retryAfterMs: 1000 };
  }
}

export type Outcome =
  | "success"
  | "failure"
  /** It ended before the server showed how it is: the client went away. */
  | "unknown";

/** What an admitted request's end says of the server. */
export function settle(
  state: Breaker,
  outcome: Outcome,
  now: number,
  { threshold, pauseMs, longestPauseMs }: BreakerOptions = breakerDefaults,
): Breaker {
  const open = (openings: number): Breaker => {
    const pause = Math.min(pauseMs * 2 ** Math.min(openings - 1, 30), longestPauseMs);
    return { phase: "open", until: now + pause, openings };
  };
  switch (state.phase) {
    case "closed": {
      if (outcome === "unknown") return state;
      if (outcome === "success") return closedBreaker;
      const failures = state.failures + 1;
      return failures >= threshold ? open(1) : { phase: "closed", failures };
    }
    case "half-open":
      if (outcome === "success") return closedBreaker;
      // Nobody knows yet: the next request may try.
      if (outcome === "unknown") return { phase: "open", until: now, openings: state.openings };
      return open(state.openings + 1);
    case "open":
      // It began before the breaker opened; that it came back is the best sign there is.
      return outcome === "success" ? closedBreaker : state;
  }
}
