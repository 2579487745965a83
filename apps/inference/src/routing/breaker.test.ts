import fc from "fast-check";
import { expect, it } from "vitest";
import { admit, type Breaker, breakerDefaults, closedBreaker, settle } from "./breaker.ts";

const { longestPauseMs, pauseMs, threshold } = breakerDefaults;

function failed(times: number, now: number, from: Breaker = closedBreaker): Breaker {
  let state = from;
  for (let i = 0; i < times; i++) state = settle(state, "failure", now);
  return state;
}

it("opens after failures in a row, not after as many with a success between", () => {
  expect(failed(threshold - 1, 0).phase).toBe("closed");
  expect(failed(threshold, 0).phase).toBe("open");
  const mended = settle(failed(threshold - 1, 0), "success", 0);
  expect(failed(threshold - 1, 0, mended).phase).toBe("closed");
});

it("lets one probe through after the pause, and its outcome decides", () => {
  const open = failed(threshold, 0);
  expect(admit(open, pauseMs - 1)).toMatchObject({ admitted: false, retryAfterMs: 1 });
  const probe = admit(open, pauseMs);
  expect(probe.admitted).toBe(true);
  expect(admit(probe.state, pauseMs).admitted).toBe(false);
  expect(settle(probe.state, "success", pauseMs)).toEqual(closedBreaker);
  const again = settle(probe.state, "failure", pauseMs);
  expect(again).toMatchObject({ phase: "open", until: pauseMs + 2 * pauseMs });
  expect(admit(settle(probe.state, "unknown", pauseMs), pauseMs).admitted).toBe(true);
});

it("never shuts for good, and never for longer than the longest pause", () => {
  const step = fc.record({
    wait: fc.nat(5000),
    outcome: fc.constantFrom("success" as const, "failure" as const, "unknown" as const),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      let now = 0;
      let state = closedBreaker;
      for (const { outcome, wait } of steps) {
        now += wait;
        const admission = admit(state, now);
        state = admission.admitted ? settle(admission.state, outcome, now) : admission.state;
        if (state.phase === "open") expect(state.until - now).toBeLessThanOrEqual(longestPauseMs);
      }
      expect(admit(state, now + longestPauseMs).admitted).toBe(true);
    }),
  );
});
