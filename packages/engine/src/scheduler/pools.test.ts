import fc from "fast-check";
import { expect, it } from "vitest";
import { BLOCK_TOKENS } from "../kv/blocks.ts";
import { heldPrefix } from "../kv/hand-over.ts";
import { Scheduler } from "./scheduler.ts";
import type { Sequence } from "./sequence.ts";
import type { StepPlan } from "./step-plan.ts";
import { checkAccounts, SimulatedDevice } from "./testing/simulated-device.ts";

/** A worker of a pool: its scheduler, its cache, and what runs in it. */
class Worker {
  readonly scheduler: Scheduler;
  readonly device: SimulatedDevice;
  readonly open = new Map<Sequence, number>();
  readonly #underWay: StepPlan[] = [];

  constructor(limits: ConstructorParameters<typeof Scheduler>[0]) {
    this.scheduler = new Scheduler(limits);
    this.device = new SimulatedDevice(this.scheduler);
  }

  /** @param length at which it has ended */
  submit(prompt: readonly number[], scope: string, length: number, cachedElsewhere?: number): Sequence {
    const [sequence] = this.scheduler.submit(prompt, 1, { scope, cachedElsewhere });
    this.open.set(sequence!, length);
    return sequence!;
  }

  step(now: number): void {
    const plan = this.scheduler.plan(now);
    if (plan) {
      this.device.run(plan, ({ terms }, owner) => owner === terms.scope);
      this.#underWay.push(plan);
    }
    const isFull = this.#underWay.length >= (this.scheduler.limits.lanes ?? 1);
    const done = plan && !isFull ? undefined : this.#underWay.shift();
    if (done)
      this.scheduler.commit(
        done,
        done.entries.flatMap(({ samples }) => samples.map(({ length }) => (length * 7) % 50)),
      );
    for (const [sequence, length] of this.open) {
      if (sequence.length < length) continue;
      this.scheduler.finish(sequence);
      this.open.delete(sequence);
    }
    checkAccounts(this.scheduler, [...this.open.keys()]);
  }
}

const limits = fc.record({
  blocks: fc.integer({ min: 9, max: 40 }),
  maxSequences: fc.integer({ min: 2, max: 8 }),
  maxRows: fc.integer({ min: 8, max: 64 }),
  mixedPrefillRows: fc.integer({ min: 1, max: 64 }),
  lanes: fc.integer({ min: 1, max: 3 }),
});
const requests = fc.array(
  fc.record({
    arrives: fc.nat(40),
    family: fc.nat(2),
    shared: fc.integer({ min: 1, max: 70 }),
    own: fc.nat(30),
    output: fc.integer({ min: 1, max: 40 }),
    scope: fc.constantFrom("a", "b"),
    /** Steps between the hand-over and the request that goes on from it: others may have taken its room meanwhile. */
    delay: fc.nat(5),
  }),
  { minLength: 1, maxLength: 20 },
);

it("prompts read in one pool go on in the other: accounts are right in both, and nobody reads what is not its own text", () => {
  fc.assert(
    fc.property(limits, limits, requests, (prefillLimits, decodeLimits, all) => {
      const prefill = new Worker(prefillLimits);
      const decode = new Worker(decodeLimits);
      const waiting = all.map((request, id) => {
        const { family, own, shared } = request;
        const beginning = Array.from({ length: shared }, (_, i) => family * 1000 + i);
        return { ...request, prompt: [...beginning, ...Array.from({ length: own }, (_, i) => 100_000 + id * 100 + i)] };
      });
      const reading: { request: (typeof waiting)[number]; sequence: Sequence }[] = [];
      const handed: { request: (typeof waiting)[number]; at: number; cached: number }[] = [];
      const writing: { sequence: Sequence; goal: number }[] = [];
      for (let step = 0; waiting.length + reading.length + handed.length + decode.open.size > 0; step++) {
        for (const request of waiting.filter(({ arrives }) => arrives <= step)) {
          waiting.splice(waiting.indexOf(request), 1);
          const { prompt, scope } = request;
          reading.push({ request, sequence: prefill.submit(prompt, scope, prompt.length + 1) });
        }
        prefill.step(step);
        for (const one of reading.filter(({ sequence }) => sequence.state === "finished")) {
          reading.splice(reading.indexOf(one), 1);
          const { prompt, scope } = one.request;
          const tokens = Int32Array.from(prompt);
          const table = heldPrefix(prefill.scheduler, scope, tokens);
          const content = prefill.device.read(table.blocks);
          const given = tokens.slice(0, table.blocks.length * BLOCK_TOKENS);
          table.release();
          const adoption = decode.scheduler.adopt(scope, given);
          const { blocks, from, to } = adoption;
          decode.device.write(blocks, content.slice(from * BLOCK_TOKENS, to * BLOCK_TOKENS));
          adoption.keep();
          adoption.release();
          handed.push({ request: one.request, at: step + one.request.delay, cached: one.sequence.cachedTokens });
        }
        for (const one of handed.filter(({ at }) => at <= step)) {
          handed.splice(handed.indexOf(one), 1);
          const { output, prompt, scope } = one.request;
          const goal = prompt.length + output;
          writing.push({ sequence: decode.submit(prompt, scope, goal, one.cached), goal });
        }
        decode.step(step);
        if (step > 50_000) throw new Error("the schedule does not end");
      }
      for (const { goal, sequence } of writing) expect(sequence.length).toBe(goal);
      expect(decode.scheduler.prompts.cached).toBeLessThanOrEqual(prefill.scheduler.prompts.cached);
      for (const { scheduler } of [prefill, decode]) {
        scheduler.prefixes.clear();
        expect(scheduler.pool.free).toBe(scheduler.pool.total);
      }
    }),
    { numRuns: 150 },
  );
}, 60_000);
