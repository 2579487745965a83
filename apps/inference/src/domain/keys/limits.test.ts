import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeyLimits } from "./limits.ts";

const none = { requestsPerMinute: undefined, tokensPerMinute: undefined };

describe("a key's limits", () => {
  it("are none when none are set", () => {
    const limits = new KeyLimits();
    for (let i = 0; i < 1000; i++) expect(limits.admit("k", none, 0)).toEqual({ admitted: true });
  });

  it("refuse the request beyond the minute's, and say when the next one is let in", () => {
    const limits = new KeyLimits();
    const three = { ...none, requestsPerMinute: 3 };
    for (let i = 2; i >= 0; i--) {
      expect(limits.admit("k", three, 0)).toMatchObject({ admitted: true, requests: { limit: 3, remaining: i } });
    }
    const refused = limits.admit("k", three, 0);
    expect(refused).toMatchObject({ admitted: false, exceeded: "requests", retryAfterSeconds: 20 });
    expect(limits.admit("k", three, 19_000)).toMatchObject({ admitted: false });
    expect(limits.admit("k", three, 20_000)).toMatchObject({ admitted: true });
    expect(limits.admit("another", three, 0)).toMatchObject({ admitted: true });
  });

  it("count tokens after the fact: a long answer is waited off", () => {
    const limits = new KeyLimits();
    const hundred = { ...none, tokensPerMinute: 100 };
    expect(limits.admit("k", hundred, 0)).toMatchObject({ admitted: true, tokens: { remaining: 100 } });
    limits.spend("k", 100, 300, 0);
    expect(limits.admit("k", hundred, 0)).toMatchObject({
      admitted: false,
      exceeded: "tokens",
      retryAfterSeconds: 121,
      allowance: { remaining: 0 },
    });
    expect(limits.admit("k", hundred, 121_000)).toMatchObject({ admitted: true });
  });

  it("never let in more than a minute's allowance plus what was refilled, and keep what retry-after promises", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.integer({ min: 0, max: 10_000 }), { maxLength: 200 }),
        (requestsPerMinute, pauses) => {
          const limits = new KeyLimits();
          let now = 0;
          let admitted = 0;
          let promised = Number.POSITIVE_INFINITY;
          for (const pause of pauses) {
            now += pause;
            const answer = limits.admit("k", { ...none, requestsPerMinute }, now);
            if (answer.admitted) admitted += 1;
            else {
              expect(now).toBeLessThan(promised);
              promised = Math.min(promised, now + answer.retryAfterSeconds * 1000);
            }
            if (answer.admitted) promised = Number.POSITIVE_INFINITY;
          }
          expect(admitted).toBeLessThanOrEqual(requestsPerMinute + (now * requestsPerMinute) / 60_000 + 1e-6);
        },
      ),
    );
  });
});
