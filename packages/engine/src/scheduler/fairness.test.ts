import { describe, expect, it } from "vitest";
import { Pace } from "./pace.ts";
import { AGING_MS } from "./ranks.ts";
import { Scheduler, type SchedulerLimits, type SubmitTerms } from "./scheduler.ts";
import type { Sequence } from "./sequence.ts";
import { Tenants } from "./tenants.ts";

interface Work {
  readonly at: number;
  readonly prompt: number;
  readonly output: number;
  readonly terms: SubmitTerms;
}

const limits: SchedulerLimits = {
  blocks: 1024,
  maxSequences: 16,
  maxRows: 256,
  mixedPrefillRows: 64,
  itlTargetMs: 250,
};

/** A machine whose steps take a fixed time and a time per row, as a CPU's do. In ms. */
const stepMs = (rows: number) => 5 + 3.5 * rows;

/** Runs work that arrives by the clock. @returns ms to the first token of each, and the longest step. */
function serve(work: readonly Work[], bounds: SchedulerLimits = limits) {
  const scheduler = new Scheduler(bounds);
  const pending = [...work].sort((a, b) => a.at - b.at);
  const ttft = new Map<Work, number>();
  const open = new Map<Sequence, Work>();
  let longest = 0;
  let now = 0;
  while (pending.length > 0 || !scheduler.idle) {
    if (scheduler.idle) now = Math.max(now, pending[0]?.at ?? now);
    while (pending[0] && pending[0].at <= now) {
      const one = pending.shift()!;
      const [sequence] = scheduler.submit(
        Array.from({ length: one.prompt }, () => one.at),
        1,
        { ...one.terms, now },
      );
      open.set(sequence!, one);
    }
    const plan = scheduler.plan(now);
    if (!plan) throw new Error("there is work, and no plan");
    const ms = stepMs(plan.rows);
    longest = Math.max(longest, ms);
    now += ms;
    scheduler.observe(plan, ms);
    scheduler.commit(plan, new Array<number>(plan.samples).fill(1));
    for (const [sequence, one] of open) {
      if (sequence.length === one.prompt) continue;
      if (!ttft.has(one)) ttft.set(one, now - one.at);
      if (sequence.length < one.prompt + one.output) continue;
      scheduler.finish(sequence);
      open.delete(sequence);
    }
  }
  return { longest, times: (of: readonly Work[]) => of.map((one) => ttft.get(one)!) };
}

function p95(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1]!;
}

describe("fairness", () => {
  const light = Array.from({ length: 40 }, (_, i): Work => {
    return { at: 1000 + i * 2500, prompt: 100, output: 16, terms: { tenant: "light" } };
  });
  const flood = (scale: number) =>
    Array.from({ length: 200 }, (_, i): Work => {
      return { at: 0, prompt: scale + (i % 5) * 40, output: 64, terms: { tenant: "flood" } };
    });

  it.each([60, 200])("hides a flood of 200 requests of about %i tokens from a light tenant", (scale) => {
    const alone = serve(light);
    const crowded = serve([...flood(scale), ...light]);
    const bound = 1.5 * p95(alone.times(light)) + crowded.longest;
    expect(p95(crowded.times(light))).toBeLessThanOrEqual(bound);
    // Without fairness it would not be so: as one tenant, the light one waits for the flood.
    const unfair = [...flood(scale), ...light].map((one) => ({ ...one, terms: {} }));
    expect(p95(serve(unfair).times(unfair.slice(200)))).toBeGreaterThan(5 * bound);
  });

  it("lets the flood have all that the light one leaves", () => {
    const work = flood(60);
    const total = work.reduce((sum, { prompt, output }) => sum + prompt + output, 0);
    const last = Math.max(...serve(work).times(work));
    // Each row once, and little else.
    expect(last).toBeLessThan(1.2 * total * 3.5 + 5 * total);
    expect(
      serve([...work, ...light])
        .times(work)
        .every(Number.isFinite),
    ).toBe(true);
  });

  it("serves interactive work before batch work, and batch work that has grown old like any other", () => {
    const batch = Array.from({ length: 60 }, (): Work => {
      return { at: 0, prompt: 120, output: 60, terms: { tenant: "a", priority: "batch" } };
    });
    const calm = light.slice(0, 5);
    const { longest, times } = serve([...batch, ...calm.map((one) => ({ ...one, terms: { tenant: "a" } }))].slice());
    expect(times(batch).every(Number.isFinite)).toBe(true);
    const busy = Array.from({ length: 400 }, (_, i): Work => {
      return { at: i * 200, prompt: 60, output: 40, terms: { tenant: "a" } };
    });
    const one: Work = { at: 10, prompt: 50, output: 5, terms: { tenant: "a", priority: "batch" } };
    const crowded = serve([...busy, one]);
    const [waited] = crowded.times([one]);
    const lastOfBusy = Math.max(...crowded.times(busy));
    // More work comes than can be done: without aging it would wait to the very end.
    expect(waited).toBeLessThan(AGING_MS + lastOfBusy / 2);
    expect(longest).toBeGreaterThan(0);
  });

  it("gives a newcomer no credit for having been away, and a returning one no relief", () => {
    const tenants = new Tenants();
    const busy = tenants.enter("busy");
    busy.running = 1;
    busy.served = 1000;
    expect(tenants.enter("new").served).toBe(1000);
    const other = tenants.enter("other");
    other.running = 1;
    other.served = 5000;
    other.running = 0;
    expect(tenants.enter("other").served).toBe(5000);
    busy.running = 0;
    expect(tenants.enter("busy").served).toBe(0);
  });
});

describe("Pace", () => {
  it("finds the rows of prefill that keep to the target, and never none", () => {
    const settle = (perRow: number) => {
      const pace = new Pace({ startRows: 64, maxRows: 256, targetMs: 250 });
      for (let i = 0; i < 100; i++) pace.observe(8, pace.rowsBeside(8), 10 + perRow * (8 + pace.rowsBeside(8)));
      return pace.rowsBeside(8);
    };
    expect(settle(0.01)).toBe(256);
    expect(10 + 3.5 * (8 + settle(3.5))).toBeLessThan(1.3 * 250);
    expect(settle(3.5)).toBeGreaterThan(40);
    expect(settle(100)).toBe(4 * 8);
  });

  it("stays as it is without a target, and when nobody reads along", () => {
    const fixed = new Pace({ startRows: 8, maxRows: 256, targetMs: undefined });
    fixed.observe(1, 8, 10_000);
    expect(fixed.rowsBeside(100)).toBe(8);
    const pace = new Pace({ startRows: 64, maxRows: 256, targetMs: 250 });
    pace.observe(0, 256, 10_000);
    pace.observe(4, 3, 1);
    expect(pace.rowsBeside(4)).toBe(64);
  });
});
