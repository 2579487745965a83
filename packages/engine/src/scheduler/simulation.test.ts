import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Scheduler, type SubmitTerms } from "./scheduler.ts";
import type { Sequence } from "./sequence.ts";
import type { StepPlan } from "./step-plan.ts";
import { checkAccounts, SimulatedDevice } from "./testing/simulated-device.ts";

interface Request {
  readonly arrives: number;
  /** Which of a few beginnings, and how much of it: prompts overlap in whole and in part. */
  readonly family: number;
  readonly shared: number;
  readonly own: number;
  readonly output: number;
  readonly choices: number;
  readonly tenant: number;
  readonly batch: boolean;
  /** Steps after its arrival at which the caller goes away, or stops waiting. */
  readonly cancels: number | undefined;
  readonly timeout: number | undefined;
}

const scopes = ["a", "b", "c"];

function promptOf({ family, own, shared }: Request, id: number): number[] {
  const beginning = Array.from({ length: shared }, (_, i) => family * 1000 + i);
  return [...beginning, ...Array.from({ length: own }, (_, i) => 100_000 + id * 100 + i)];
}

/** Runs it all; after every step the accounts must be right, and no row may read what is not its own text. */
function simulate(
  scheduler: Scheduler,
  requests: readonly Request[],
  publicTokens = 0,
  beforeStep: () => void = () => {},
) {
  const device = new SimulatedDevice(scheduler);
  const all: { sequence: Sequence; goal: number; until: number; started: number | undefined; arrived: number }[] = [];
  const pending = requests
    .map((request, id) => ({ request, id }))
    .sort((a, b) => a.request.arrives - b.request.arrives);
  let rows = 0;
  let dropped = 0;
  /** Planned and not committed: the device has done them, the scheduler has not heard of it. */
  const underWay: StepPlan[] = [];
  for (let step = 0; ; step++) {
    while (pending[0] && pending[0].request.arrives <= step) {
      const { id, request } = pending.shift()!;
      const prompt = promptOf(request, id);
      const terms: SubmitTerms = {
        scope: scopes[request.tenant % scopes.length],
        tenant: String(request.tenant),
        priority: request.batch ? "batch" : "interactive",
        now: step * 100,
        deadline: request.timeout === undefined ? undefined : (step + request.timeout) * 100,
      };
      for (const sequence of scheduler.submit(prompt, request.choices, terms)) {
        const until = request.cancels === undefined ? Number.POSITIVE_INFINITY : step + request.cancels;
        all.push({ sequence, goal: prompt.length + request.output, until, started: undefined, arrived: step });
      }
    }
    for (const sequence of scheduler.expired(step * 100)) {
      scheduler.finish(sequence);
      dropped += 1;
    }
    for (const { goal, sequence } of all) {
      if (sequence.state !== "running") continue;
      // Right, wrong, and right at first.
      const guess = (ahead: number) => ((sequence.length + ahead) * 7) % (ahead < sequence.order % 4 ? 50 : 49);
      const most = Math.max(0, Math.min(sequence.order % 6, goal - sequence.length - 1));
      if (sequence.inFlight) continue;
      sequence.draft = Array.from({ length: most }, (_, i) => guess(i));
    }
    beforeStep();
    const plan = scheduler.plan(step * 100);
    if (plan) {
      expect(plan.rows).toBeLessThanOrEqual(scheduler.limits.maxRows);
      rows += plan.rows;
      device.run(plan, ({ terms }, owner, token) => owner === terms.scope || token < publicTokens);
      underWay.push(plan);
    } else if (underWay.length === 0) {
      expect(all.every(({ sequence }) => sequence.state === "finished")).toBe(true);
      if (pending.length === 0) break;
    }
    const open = all.filter(({ sequence }) => sequence.state !== "finished");
    checkAccounts(
      scheduler,
      open.map(({ sequence }) => sequence),
    );
    // Cancellations arrive while the device works.
    for (const { sequence, until } of open) if (until <= step) scheduler.finish(sequence);
    for (const { sequence } of plan?.entries ?? []) {
      const entry = open.find((other) => other.sequence === sequence);
      if (entry) entry.started ??= step;
    }
    const isFull = underWay.length >= (scheduler.limits.lanes ?? 1);
    const done = plan && !isFull ? undefined : underWay.shift();
    if (done) {
      // What a sequence writes depends on its text alone, as a model's greedy text does.
      scheduler.commit(
        done,
        done.entries.flatMap(({ draft, samples }) =>
          samples.map((sample, i) => ((sample.length + (draft.length > 0 ? i : 0)) * 7) % 50),
        ),
      );
    }
    for (const { sequence, goal } of open) if (sequence.length >= goal) scheduler.finish(sequence);
    if (step > 200_000) throw new Error("the schedule does not end");
  }
  checkAccounts(scheduler, []);
  expect(scheduler.idle).toBe(true);
  expect(scheduler.running).toBe(0);
  return { all, rows, dropped };
}

const request: fc.Arbitrary<Request> = fc.record({
  arrives: fc.nat(80),
  family: fc.nat(2),
  shared: fc.integer({ min: 1, max: 70 }),
  own: fc.nat(20),
  output: fc.integer({ min: 1, max: 40 }),
  choices: fc.integer({ min: 1, max: 3 }),
  tenant: fc.nat(4),
  batch: fc.boolean(),
  cancels: fc.option(fc.nat(40), { nil: undefined }),
  timeout: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
});
const limits = fc.record({
  blocks: fc.integer({ min: 9, max: 40 }),
  maxSequences: fc.integer({ min: 3, max: 8 }),
  maxRows: fc.integer({ min: 8, max: 64 }),
  mixedPrefillRows: fc.integer({ min: 1, max: 64 }),
  lanes: fc.integer({ min: 1, max: 3 }),
});

describe("simulation with scopes, tenants, priorities, deadlines and shared prefixes", () => {
  it("keeps its accounts, reads only its own text, and finishes everything", () => {
    fc.assert(
      fc.property(limits, fc.array(request, { minLength: 1, maxLength: 30 }), (bounds, requests) => {
        const { all } = simulate(new Scheduler(bounds), requests);
        for (const { goal, sequence, until } of all) {
          if (until !== Number.POSITIVE_INFINITY || Number.isFinite(sequence.terms.deadline)) continue;
          expect(sequence.length).toBe(goal);
        }
      }),
      { numRuns: 120 },
    );
  }, 60_000);

  it("loses no block on its way to the host and back, whatever is worth the way", () => {
    let [saved, loaded] = [0, 0];
    const swap = fc.record({ bytes: fc.integer({ min: 0, max: 40 }), blockBytes: fc.constant(1) });
    fc.assert(
      fc.property(
        limits,
        swap,
        fc.array(request, { minLength: 1, maxLength: 30 }),
        fc.array(fc.nat(3), { minLength: 1, maxLength: 6 }),
        (bounds, room, requests, costs) => {
          const scheduler = new Scheduler({ ...bounds, swap: room });
          let turn = 0;
          const { all } = simulate(scheduler, requests, 0, () => {
            // Now copies are worth it, now they are not.
            const cost = costs[turn++ % costs.length]!;
            scheduler.swap?.costs.observeRead(16, 1);
            scheduler.swap?.costs.observeSaved(1, cost);
            scheduler.swap?.costs.observeLoaded(1, cost / 4);
          });
          const { costs: learnt, store } = scheduler.swap!;
          expect(store.size).toBeLessThanOrEqual(room.bytes);
          saved += learnt.counts.saved;
          loaded += learnt.counts.loaded;
          for (const { goal, sequence, until } of all) {
            if (until !== Number.POSITIVE_INFINITY || Number.isFinite(sequence.terms.deadline)) continue;
            expect(sequence.length).toBe(goal);
          }
        },
      ),
      { numRuns: 120 },
    );
    expect(Math.min(saved, loaded)).toBeGreaterThan(0);
  }, 60_000);

  it("shares public prefixes across scopes, keeps pinned ones, and nothing else", () => {
    fc.assert(
      fc.property(
        limits,
        fc.array(request, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 16, max: 64 }),
        fc.boolean(),
        (bounds, requests, length, pin) => {
          const scheduler = new Scheduler(bounds);
          const same = requests.map((one) => ({ ...one, family: 0 }));
          const tokens = Int32Array.from({ length }, (_, i) => i);
          const release = scheduler.prefixes.declare({ scope: undefined, tokens, pin });
          simulate(scheduler, same, length - (length % 16));
          release();
          checkAccounts(scheduler, []);
          scheduler.prefixes.clear();
          expect(scheduler.pool.kept).toBe(0);
          expect(scheduler.pool.free).toBe(scheduler.pool.total);
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  it("takes thousands of requests of many tenants and starves none", () => {
    let state = 1;
    const random = (below: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return (state >>> 8) % below;
    };
    const requests = Array.from(
      { length: 3000 },
      (_, id): Request => ({
        arrives: Math.floor(id / 2),
        family: random(5),
        shared: 1 + random(60),
        own: random(20),
        output: 1 + random(20),
        choices: 1,
        // One of them sends nine of ten.
        tenant: random(10) === 0 ? 1 + random(6) : 0,
        batch: random(3) === 0,
        cancels: undefined,
        timeout: undefined,
      }),
    );
    const scheduler = new Scheduler({ blocks: 200, maxSequences: 16, maxRows: 128, mixedPrefillRows: 32 });
    const { all } = simulate(scheduler, requests);
    expect(all.every(({ goal, sequence }) => sequence.length === goal)).toBe(true);
    const waits = all
      .filter(({ sequence: { terms } }) => terms.tenant.id !== "0" && terms.priority === "interactive")
      .map(({ arrived, started }) => (started ?? Number.POSITIVE_INFINITY) - arrived);
    expect(Math.max(...waits)).toBeLessThan(200);
    expect(scheduler.prompts.cached).toBeGreaterThan(scheduler.prompts.tokens / 3);
  }, 60_000);
});
