import { type BudgetState, budgetPeriods, budgetScopes, spanOf, type UsageEvent } from "@tugboat/db";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { usageEvent } from "../../testing/usage.ts";
import { BudgetCounters } from "./budget-counters.ts";

const organizationId = "018f0000-0000-7000-8000-000000000001";
const apiKeyId = "018f0000-0000-7000-8000-000000000002";
const now = new Date("2026-11-20T12:00:00Z");
const taskId = "018f0000-0000-7000-8000-000000000003";
const payer = { organizationId, projectId: null, apiKeyId, taskId: null };

function budget(given: Partial<BudgetState> = {}): BudgetState {
  return {
    id: "b",
    organizationId,
    scope: "key",
    subjectId: apiKeyId,
    period: "month",
    amountMicroUsd: 10n,
    tokens: null,
    warnPercent: 80,
    createdAt: now,
    updatedAt: now,
    span: "2026-11",
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
    counters.replace([budget({ span: "2026-12", spentPicoUsd: 10_000_000n })]);
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
    const { period, scope, span, subjectId } = budget();
    const month = { organizationId, scope, subjectId, period, span, tokens: 15n };
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

  it("of a day begins anew at midnight, UTC, and the one of the month goes on", () => {
    const counters = new BudgetCounters();
    const day = { period: "day", span: "2026-11-27" } as const;
    counters.replace([budget(day), budget({ amountMicroUsd: 25n })]);
    const evening = new Date("2026-11-27T23:59:59.999Z");
    const midnight = new Date("2026-11-28T00:00:00Z");
    counters.finished(spend(10_000_000n, evening));
    expect(counters.check(payer, evening)).toMatchObject({
      state: "exceeded",
      use: { period: "day", limit: 10n, resetsAt: midnight },
    });
    expect(counters.check(payer, midnight).state).toBe("free");
    // An answer that ends today and began yesterday is yesterday's, and this month's.
    counters.finished(spend(5_000_000n, evening));
    expect(counters.check(payer, midnight).state).toBe("free");
    counters.finished(spend(10_000_000n, midnight));
    // Both are used up: what is told is the one that ends later.
    expect(counters.check(payer, midnight)).toMatchObject({ state: "exceeded", use: { period: "month", used: 25n } });
    // The database's clock is still in yesterday: what is known of today stays.
    counters.replace([budget({ ...day, spentPicoUsd: 15_000_000n })]);
    expect(counters.check(payer, midnight)).toMatchObject({ state: "exceeded", use: { period: "day", used: 10n } });
  });

  it("of a task counts what calls that task, whoever does, and nothing else", () => {
    const counters = new BudgetCounters();
    counters.replace([budget({ scope: "task", subjectId: taskId })]);
    counters.finished(spend(50_000_000n));
    expect(counters.check({ ...payer, taskId }, now).state).toBe("free");
    counters.finished(usageEvent(organizationId, { taskId, amountPicoUsd: 10_000_000n, at: now }));
    expect(counters.check({ ...payer, taskId }, now)).toMatchObject({ state: "exceeded", use: { scope: "task" } });
    expect(counters.check(payer, now).state).toBe("free");
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
      act: fc.constantFrom("ask", "ask", "ask", "ship", "sync", "wait"),
      cost: fc.integer({ min: 1, max: 3_000_000 }),
      hours: fc.integer({ min: 1, max: 30 }),
    }),
    { maxLength: 200 },
  );
  const limits = fc.integer({ min: 1, max: 20 });
  const all = { organizationId, projectId: "018f0000-0000-7000-8000-000000000004", apiKeyId, taskId };
  const subjects = { organization: organizationId, project: all.projectId, key: apiKeyId, task: taskId };
  const subject = fc.constantFrom(...budgetScopes).map((scope) => ({ scope, subjectId: subjects[scope] }));

  it("overdraw a budget by what the others finished since each was last told, and by the last request: no more", () => {
    fc.assert(
      fc.property(steps, limits, subject, fc.constantFrom(...budgetPeriods), (acts, limit, of, period) => {
        const amountMicroUsd = BigInt(limit);
        let clock = new Date("2026-11-29T20:00:00Z");
        // What was spent in each day or month, and what of it is in the database.
        const spent = new Map<string, bigint>();
        const stored = new Map<string, bigint>();
        const add = (sums: Map<string, bigint>, { amountPicoUsd, at }: UsageEvent) =>
          sums.set(spanOf(period, at), (sums.get(spanOf(period, at)) ?? 0n) + amountPicoUsd);
        const told = () => {
          const span = spanOf(period, clock);
          const other = period === "day" ? "month" : "day";
          // The same subject's other budget is never used up, and changes nothing.
          const wide = budget({ ...of, period: other, span: spanOf(other, clock), amountMicroUsd: 1_000_000_000n });
          return [budget({ ...of, period, span, amountMicroUsd, spentPicoUsd: stored.get(span) ?? 0n }), wide];
        };
        const processes = Array.from({ length: 4 }, () => {
          const counters = new BudgetCounters();
          counters.replace(told());
          // What of all that was spent it can't know of: what others finished, until it is in the database and told.
          return { counters, waiting: [] as UsageEvent[], known: new Map<string, bigint>() };
        });
        for (const { act, cost, hours, process } of acts) {
          const one = processes[process];
          const span = spanOf(period, clock);
          if (one === undefined) continue;
          if (act === "wait") {
            clock = new Date(clock.getTime() + hours * 3_600_000);
          } else if (act === "ask") {
            const own = new Map<string, bigint>();
            for (const event of one.waiting) add(own, event);
            const total = spent.get(span) ?? 0n;
            const unseen = total - (one.known.get(span) ?? 0n) - (own.get(span) ?? 0n);
            const { state } = one.counters.check(all, clock);
            // Never refused early, and let through only while what it knows is below the limit.
            expect(state === "exceeded").toBe(total - unseen >= amountMicroUsd * 1_000_000n);
            if (state === "exceeded") continue;
            const event = usageEvent(organizationId, { ...all, amountPicoUsd: BigInt(cost), at: clock });
            one.counters.finished(event);
            one.waiting.push(event);
            add(spent, event);
          } else if (act === "ship") {
            for (const event of one.waiting) add(stored, event);
            const spans = [...new Set(one.waiting.map(({ at }) => spanOf(period, at)))];
            one.counters.shipped(
              one.waiting,
              spans.map((each) => {
                const amountPicoUsd = stored.get(each) ?? 0n;
                one.known.set(each, amountPicoUsd);
                return { organizationId, ...of, period, span: each, tokens: 0n, amountPicoUsd };
              }),
            );
            one.waiting = [];
          } else {
            one.counters.replace(told());
            one.known.set(span, stored.get(span) ?? 0n);
          }
        }
      }),
    );
  });
});
