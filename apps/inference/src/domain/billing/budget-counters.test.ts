import type { BudgetState, UsageEvent } from "@tugboat/db";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { usageEvent } from "../../testing/usage.ts";
import { BudgetCounters } from "./budget-counters.ts";

const organizationId = "018f0000-0000-7000-8000-000000000001";
const apiKeyId = "018f0000-0000-7000-8000-000000000002";
const now = new Date("2026-11-20T12:00:00Z");
const payer = { organizationId, projectId: null, apiKeyId };

function budget(given: Partial<BudgetState> = {}): BudgetState {
  return {
    id: "b",
    organizationId,
    scope: "key",
    subjectId: apiKeyId,
    amountMicroUsd: 10n,
    tokens: null,
    warnPercent: 80,
    createdAt: now,
    updatedAt: now,
    month: "2026-11",
    spentPicoUsd: 0n,
    usedTokens: 0n,
    ...given,
  };
}
const spend = (amountPicoUsd: bigint, at = now) => usageEvent(organizationId, { apiKeyId, amountPicoUsd, at });

describe("a budget", () => {
  it("warns at its share, then refuses, and says when it begins anew", () => {
    const counters = new BudgetCounters();
    counters.replace([budget()]);
    expect(counters.check(payer, now).state).toBe("free");
    counters.finished(spend(8_000_000n));
    expect(counters.check(payer, now)).toMatchObject({ state: "warned", use: { used: 8n, limit: 10n } });
    counters.finished(spend(1_999_999n));
    expect(counters.check(payer, now).state).toBe("warned");
    counters.finished(spend(1n));
    expect(counters.check(payer, now)).toMatchObject({
      state: "exceeded",
      use: { scope: "key", unit: "money", resetsAt: new Date("2026-12-01T00:00:00Z") },
    });
    expect(counters.check({ ...payer, apiKeyId: null }, now).state).toBe("free");
  });

  it("begins anew with the month, UTC, also over a year's end; a late event of last month does not count", () => {
    const counters = new BudgetCounters();
    counters.replace([budget({ month: "2026-12", spentPicoUsd: 10_000_000n })]);
    const eve = new Date("2026-12-31T23:59:59.999Z");
    expect(counters.check(payer, eve)).toMatchObject({
      state: "exceeded",
      use: { resetsAt: new Date("2027-01-01T00:00:00Z") },
    });
    const year = new Date("2027-01-01T00:00:00Z");
    expect(counters.check(payer, year).state).toBe("free");
    counters.finished(spend(50_000_000n, eve));
    expect(counters.check(payer, year).state).toBe("free");
    counters.finished(spend(10_000_000n, year));
    expect(counters.check(payer, year).state).toBe("exceeded");
  });

  it("counts each event once, on its way to the database and there", () => {
    const counters = new BudgetCounters();
    counters.replace([budget()]);
    const event = spend(6_000_000n);
    counters.finished(event);
    const month = { organizationId, scope: "key" as const, subjectId: apiKeyId, month: "2026-11", tokens: 15n };
    counters.shipped([event], [{ ...month, amountPicoUsd: 6_000_000n }]);
    expect(counters.check(payer, now).state).toBe("free");
    // A reading that began before the batch was written comes late: it does not take anything back.
    counters.replace([budget({ spentPicoUsd: 0n })]);
    counters.finished(spend(2_000_000n));
    expect(counters.check(payer, now).state).toBe("warned");
    // Others spent too.
    counters.replace([budget({ spentPicoUsd: 8_000_000n })]);
    expect(counters.check(payer, now).state).toBe("exceeded");
  });

  it("counts tokens, whatever they cost", () => {
    const counters = new BudgetCounters();
    counters.replace([budget({ amountMicroUsd: null, tokens: 20n, scope: "organization", subjectId: organizationId })]);
    counters.finished(spend(0n));
    expect(counters.check(payer, now).state).toBe("free");
    counters.finished(spend(0n));
    expect(counters.check(payer, now)).toMatchObject({ state: "exceeded", use: { unit: "tokens", used: 30n } });
  });

  it("of nothing refuses everything, and a budget taken away refuses nothing", () => {
    const counters = new BudgetCounters();
    counters.replace([budget({ amountMicroUsd: 0n })]);
    expect(counters.check(payer, now).state).toBe("exceeded");
    counters.replace([]);
    expect(counters.check(payer, now).state).toBe("free");
  });
});

describe("several processes", () => {
  const steps = fc.array(
    fc.record({
      process: fc.nat(3),
      act: fc.constantFrom("ask", "ask", "ask", "ship", "sync"),
      cost: fc.integer({ min: 1, max: 3_000_000 }),
    }),
    { maxLength: 200 },
  );

  it("overdraw a budget by what the others finished since each was last told, and by the last request: no more", () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 20 }), (all, limit) => {
        const amountMicroUsd = BigInt(limit);
        let stored = 0n;
        let spent = 0n;
        const processes = Array.from({ length: 4 }, () => {
          const counters = new BudgetCounters();
          counters.replace([budget({ amountMicroUsd })]);
          // What of all that was spent it can't know of: what others finished, until it is in the database and told.
          return { counters, waiting: [] as UsageEvent[], known: 0n };
        });
        const own = (one: (typeof processes)[number]) =>
          one.waiting.reduce((sum, { amountPicoUsd }) => sum + amountPicoUsd, 0n);
        for (const { act, cost, process } of all) {
          const one = processes[process];
          if (one === undefined) continue;
          if (act === "ask") {
            const unseen = spent - one.known - own(one);
            const { state } = one.counters.check(payer, now);
            // Never refused early, and let through only while what it knows is below the limit.
            expect(state === "exceeded").toBe(spent - unseen >= amountMicroUsd * 1_000_000n);
            if (state === "exceeded") continue;
            const event = spend(BigInt(cost));
            one.counters.finished(event);
            one.waiting.push(event);
            spent += event.amountPicoUsd;
          } else if (act === "ship") {
            stored += own(one);
            const month = { organizationId, scope: "key" as const, subjectId: apiKeyId, month: "2026-11", tokens: 0n };
            one.counters.shipped(one.waiting, [{ ...month, amountPicoUsd: stored }]);
            one.waiting = [];
            one.known = stored;
          } else {
            one.counters.replace([budget({ amountMicroUsd, spentPicoUsd: stored })]);
            one.known = stored;
          }
        }
      }),
    );
  });
});
