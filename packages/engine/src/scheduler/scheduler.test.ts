import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BLOCK_TOKENS, blocksFor } from "../kv/blocks.ts";
import { Scheduler } from "./scheduler.ts";
import type { Sequence } from "./sequence.ts";
import type { StepPlan } from "./step-plan.ts";

const roomy = { blocks: 64, maxSequences: 4, maxRows: 32, mixedPrefillRows: 8 };

function prompt(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

/** Commits a plan with each sequence's own length as its next token, so that a mix-up would show. */
function run(scheduler: Scheduler, plan: StepPlan): void {
  scheduler.commit(
    plan,
    plan.entries.flatMap((entry) => entry.samples.map((sample) => sample.length)),
  );
}

describe("Scheduler", () => {
  it("cuts a long prompt into chunks and mixes them with decodes", () => {
    const scheduler = new Scheduler(roomy);
    const [short] = scheduler.submit(prompt(3), 1);
    const [long] = scheduler.submit(prompt(50), 1);
    const shapes: number[][] = [];
    for (let i = 0; i < 4; i++) {
      const plan = scheduler.plan()!;
      shapes.push(plan.entries.map((entry) => entry.count));
      run(scheduler, plan);
    }
    expect(shapes).toEqual([
      [3, 29],
      [1, 8],
      [1, 8],
      [1, 5],
    ]);
    expect([short!.length, long!.length]).toEqual([7, 51]);
  });

  it("computes a shared prompt once and copies its last block when a choice writes to it", () => {
    const scheduler = new Scheduler(roomy);
    const choices = scheduler.submit(prompt(20), 3);
    const first = scheduler.plan()!;
    expect(first.rows).toBe(20);
    expect(first.samples).toBe(3);
    run(scheduler, first);
    expect(scheduler.pool.used).toBe(2);
    const second = scheduler.plan()!;
    expect(second.rows).toBe(3);
    expect(second.moves).toHaveLength(2);
    expect(scheduler.pool.used).toBe(4);
    expect(new Set(choices.map((choice) => choice.table.blocks[0])).size).toBe(1);
    expect(new Set(choices.map((choice) => choice.table.blocks[1])).size).toBe(3);
  });

  it("computes once what prompts that come together have in common, and lets others pass meanwhile", () => {
    const scheduler = new Scheduler({ blocks: 128, maxSequences: 12, maxRows: 256, mixedPrefillRows: 64 });
    const common = prompt(100);
    const branches = Array.from({ length: 8 }, (_, i) => [...common, 1000 + i, 2000 + i]);
    const all = branches.flatMap((one) => scheduler.submit(one, 1, { tenant: "a", scope: "a" }));
    const [alien] = scheduler.submit([...common, 5], 1, { tenant: "b", scope: "b" });
    const first = scheduler.plan()!;
    expect(first.entries.map(({ sequence }) => sequence)).toEqual([all[0], alien]);
    let rows = first.rows;
    run(scheduler, first);
    while (all.some((one) => one.length === one.promptLength)) {
      const plan = scheduler.plan()!;
      rows += plan.entries
        .filter(({ start, count }) => start + count <= 102)
        .reduce((sum, { count }) => sum + count, 0);
      run(scheduler, plan);
    }
    // The common part once for each scope, rounded to blocks, and each branch's own end; the rest are decodes.
    expect(rows).toBeLessThan(101 + 102 + 7 * (2 + BLOCK_TOKENS) + 20);
    expect(all.slice(1).map(({ cachedTokens }) => cachedTokens >= 96)).toEqual(Array(7).fill(true));
    expect(alien!.cachedTokens).toBe(0);
  });

  it("preempts the youngest when blocks run out, and resumes it with all its tokens", () => {
    const scheduler = new Scheduler({ ...roomy, blocks: 4 });
    const [old] = scheduler.submit(prompt(15), 1);
    const [young] = scheduler.submit(prompt(15), 1);
    while (young!.preemptions === 0) run(scheduler, scheduler.plan()!);
    expect(young!.state).toBe("waiting");
    expect(old!.state).toBe("running");
    const length = young!.length;
    scheduler.finish(old!);
    const plan = scheduler.plan()!;
    expect(plan.entries).toMatchObject([{ start: 0, count: Math.min(length, 32) }]);
  });

  it("frees everything at once when a request is cancelled in the middle of a step", () => {
    const scheduler = new Scheduler(roomy);
    const choices = scheduler.submit(prompt(20), 2);
    const plan = scheduler.plan()!;
    for (const choice of choices) scheduler.finish(choice);
    run(scheduler, plan);
    expect(scheduler.idle).toBe(true);
    expect(scheduler.pool.used).toBe(0);
    expect(scheduler.running).toBe(0);
    expect(scheduler.plan()).toBeUndefined();
  });

  it("lets the next choice lead when the first is cancelled before the prompt is done", () => {
    const scheduler = new Scheduler(roomy);
    const [first, second] = scheduler.submit(prompt(40), 2);
    run(scheduler, scheduler.plan()!);
    scheduler.finish(first!);
    const plan = scheduler.plan()!;
    expect(plan.entries).toMatchObject([{ sequence: second, start: 32, count: 8, samples: [second] }]);
  });

  it("refuses what could never run", () => {
    const scheduler = new Scheduler({ ...roomy, blocks: 2 });
    expect(() => scheduler.submit(prompt(32), 1)).toThrow(/do not fit 2 blocks/);
    expect(() => scheduler.submit([], 1)).toThrow(/at least one token/);
    expect(() => scheduler.submit(prompt(1), 5)).toThrow(/5 choices/);
  });
});

describe("simulation", () => {
  const request = fc.record({
    prompt: fc.integer({ min: 1, max: 70 }),
    output: fc.integer({ min: 1, max: 40 }),
    choices: fc.integer({ min: 1, max: 3 }),
    arrives: fc.nat(60),
    /** Steps after its arrival at which the caller goes away. */
    cancels: fc.option(fc.nat(30), { nil: undefined }),
  });
  const limits = fc.record({
    blocks: fc.integer({ min: blocksFor(111), max: 30 }),
    maxSequences: fc.integer({ min: 3, max: 6 }),
    maxRows: fc.integer({ min: 6, max: 48 }),
    mixedPrefillRows: fc.integer({ min: 1, max: 48 }),
  });

  function checkInvariants(scheduler: Scheduler, plan: StepPlan, all: readonly Sequence[]): void {
    expect(plan.rows).toBeLessThanOrEqual(scheduler.limits.maxRows);
    expect(plan.rows).toBe(plan.entries.reduce((sum, entry) => sum + entry.count, 0));
    const held = new Map<number, number>();
    for (const sequence of all) {
      if (sequence.state !== "running") expect(sequence.table.blocks).toHaveLength(0);
      for (const block of sequence.table.blocks) held.set(block, (held.get(block) ?? 0) + 1);
    }
    for (let block = 0; block < scheduler.pool.total; block++) {
      expect(scheduler.pool.references(block)).toBe(held.get(block) ?? 0);
    }
    const slots = all.filter((sequence) => sequence.slot >= 0).map((sequence) => sequence.slot);
    expect(new Set(slots).size).toBe(slots.length);
    expect(slots.length).toBe(scheduler.running);
    for (const { sequence, start, count } of plan.entries) {
      expect(start).toBe(sequence.computed);
      for (let token = start; token < start + count; token++) {
        const block = sequence.table.blocks[Math.floor(token / BLOCK_TOKENS)];
        expect(block).toBeDefined();
        expect(scheduler.pool.references(block!)).toBe(1);
      }
    }
    const running = all.filter((sequence) => sequence.state === "running").map((sequence) => sequence.order);
    const waiting = all.filter((sequence) => sequence.state === "waiting").map((sequence) => sequence.order);
    expect(Math.max(-1, ...running)).toBeLessThan(Math.min(Number.POSITIVE_INFINITY, ...waiting));
  }

  it("finishes every request, loses no block, and gives each sequence its own tokens", () => {
    fc.assert(
      fc.property(limits, fc.array(request, { minLength: 1, maxLength: 25 }), (bounds, requests) => {
        const scheduler = new Scheduler(bounds);
        const all: Sequence[] = [];
        const goals = new Map<Sequence, { length: number; cancelAt: number }>();
        for (let step = 0; ; step++) {
          for (const { prompt: length, output, choices, arrives, cancels } of requests) {
            if (arrives !== step) continue;
            for (const sequence of scheduler.submit(prompt(length), choices)) {
              all.push(sequence);
              const cancelAt = cancels === undefined ? Number.POSITIVE_INFINITY : step + cancels;
              goals.set(sequence, { length: length + output, cancelAt });
            }
          }
          const plan = scheduler.plan();
          if (plan) checkInvariants(scheduler, plan, all);
          else expect(all.every((sequence) => sequence.state === "finished")).toBe(true);
          // Cancellations arrive while the device works.
          for (const [sequence, goal] of goals) if (goal.cancelAt <= step) scheduler.finish(sequence);
          if (plan) run(scheduler, plan);
          for (const [sequence, goal] of goals) if (sequence.length >= goal.length) scheduler.finish(sequence);
          if (scheduler.idle && step > 60) break;
          if (step > 20_000) throw new Error("the schedule does not end");
        }
        expect(scheduler.pool.free).toBe(scheduler.pool.total);
        for (const [sequence, goal] of goals) {
          expect([...sequence.tokens()]).toEqual(prompt(sequence.length));
          if (goal.cancelAt === Number.POSITIVE_INFINITY) expect(sequence.length).toBe(goal.length);
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
