import type { Clock } from "../engine.ts";
import { EngineError } from "../errors.ts";
import type { BlockTable } from "../kv/block-table.ts";
import { acceptedOf, type Scheduler } from "../scheduler/scheduler.ts";
import type { Sequence } from "../scheduler/sequence.ts";
import type { StepPlan } from "../scheduler/step-plan.ts";
import type { DraftModel, GuessWish } from "../speculative/draft-model.ts";
import type { StepCosts } from "../speculative/step-costs.ts";
import { type BlockMover, leavesDevice } from "./block-mover.ts";
import type { Choice } from "./choice.ts";
import type { TokenLogprobs } from "./events.ts";
import type { RunningRequest } from "./running-request.ts";
import type { Spill } from "./spill.ts";
import type { StepResult, StepRunner } from "./step-runner.ts";
import { Throughput } from "./throughput.ts";
import { nextTurn } from "./turn.ts";

/** Makes the report on one token from what the step found. */
export type ExplainToken = (token: number, logprob: number, ids: Uint32Array, logprobs: Float32Array) => TokenLogprobs;

interface Exclusive {
  readonly tokens: number;
  readonly work: (table: BlockTable) => Promise<void>;
  readonly fail: (error: unknown) => void;
}

/**
 * Runs steps while there is work, as many side by side as the machine computes, and hands every token to its request. Steps
 * are committed in the order in which they were planned.
 */
export class GenerationLoop {
  readonly #scheduler: Scheduler;
  readonly #runner: StepRunner;
  readonly #explain: ExplainToken;
  readonly #owners = new Map<Sequence, { request: RunningRequest; choice: Choice }>();
  readonly #requests = new Set<RunningRequest>();
  readonly #exclusive: Exclusive[] = [];
  readonly #throughput = new Throughput();
  /** What is kept while there is nothing else to do. */
  spill: Spill | undefined;
  #active: Promise<void> | undefined;
  #closed: EngineError | undefined;
  /** Blocks are on their way between device and host, for a step that is planned. */
  #preparing = false;
  /** Requests whose callers left meanwhile. */
  readonly #left: RunningRequest[] = [];
  #steps = 0;
  readonly #costs: StepCosts;
  readonly #mover: BlockMover | undefined;
  readonly #drafter: DraftModel | undefined;
  readonly #clock: Clock;
  #drafted = 0;
  #accepted = 0;

  constructor(
    scheduler: Scheduler,
    runner: StepRunner,
    costs: StepCosts,
    mover: BlockMover | undefined,
    drafter: DraftModel | undefined,
    clock: Clock,
    explain: ExplainToken,
  ) {
    this.#mover = mover;
    this.#drafter = drafter;
    this.#clock = clock;
    this.#costs = costs;
    this.#scheduler = scheduler;
    this.#runner = runner;
    this.#explain = explain;
  }

  get tokensPerSecond(): number {
    return this.#throughput.perSecond(this.#clock());
  }

  get steps(): number {
    return this.#steps;
  }

  /** Guessed tokens that were verified, and how many of them were right. */
  get drafts(): { readonly tokens: number; readonly accepted: number } {
    return { tokens: this.#drafted, accepted: this.#accepted };
  }

  /** @throws EngineError `closed` */
  checkOpen(): void {
    if (this.#closed) throw this.#closed;
  }

  add(request: RunningRequest): void {
    this.#requests.add(request);
    for (const choice of request.choices) this.#owners.set(choice.sequence, { request, choice });
    this.#wake();
  }

  /** Ends a request's open choices; the next step does not compute them. */
  cancel(request: RunningRequest): void {
    if (this.#preparing) {
      // The step that is about to begin has it still.
      this.#left.push(request);
      return;
    }
    for (const sequence of request.cancel(this.#clock())) this.#end(sequence);
    this.#requests.delete(request);
  }

  /** Runs work on blocks of its own, between two steps. */
  exclusive(tokens: number, work: (table: BlockTable) => Promise<void>): Promise<void> {
    return new Promise((resolve, fail) => {
      this.#exclusive.push({ tokens, work: (table) => work(table).then(resolve), fail });
      this.#wake();
    });
  }

  /** Does what is owed for blocks that exclusive work has taken: what they held before may have to be saved first. */
  async settle(): Promise<void> {
    await this.#mover?.move(this.#scheduler.takeMoves());
  }

  /** Every open request fails with the error, and so does every later one. */
  async close(error: EngineError): Promise<void> {
    this.#closed ??= error;
    this.#failAll(error);
    await this.#active;
  }

  #wake(): void {
    this.#active ??= this.#run().finally(() => {
      this.#active = undefined;
      // Work that arrived while the last turn ended.
      if (!this.#closed && (!this.#scheduler.idle || this.#exclusive.length > 0)) this.#wake();
    });
  }

  async #run(): Promise<void> {
    // Calls made in one turn are in one step.
    await nextTurn();
    /** The oldest first. */
    const underWay: Promise<void>[] = [];
    while (!this.#closed) {
      try {
        if (this.#exclusive.length > 0) await Promise.all(underWay.splice(0));
        await this.#runExclusive();
        this.#dropExpired();
        await this.#guess();
        const plan = this.#scheduler.plan(this.#clock());
        if (!plan && underWay.length === 0) {
          // What lies on the device must be what the prefix cache says before any of it is kept.
          await this.#mover?.move(this.#scheduler.takeMoves());
          if (this.#exclusive.length === 0 && !(await this.spill?.some())) return;
          await nextTurn();
          continue;
        }
        if (plan) underWay.push(observed(this.#step(plan, underWay.at(-1))));
        const isFull = underWay.length >= (this.#scheduler.limits.lanes ?? 1);
        if (!plan || isFull) await underWay.shift();
      } catch (cause) {
        const message = `a step failed: ${cause instanceof Error ? cause.message : String(cause)}`;
        // The device is in an unknown state: nothing computed on it can be trusted any more.
        this.#closed = new EngineError("closed", message, "Load the model again.", { cause });
        this.#failAll(this.#closed);
      }
      await nextTurn();
    }
    await Promise.allSettled(underWay);
  }

  /** @param before the step planned before it, if that is not committed yet */
  async #step(plan: StepPlan, before: Promise<void> | undefined): Promise<void> {
    if (this.#mover && leavesDevice(plan.moves)) {
      this.#preparing = true;
      await this.#mover.move(plan.moves);
      if (this.#closed) return;
    }
    const begin = this.#clock();
    for (const { sequence } of plan.entries) this.#owners.get(sequence)?.request.start(begin);
    const computed = this.#runner.run(this.#preparing ? { ...plan, moves: [] } : plan, (sequence, ahead) => {
      const { choice, request } = this.#owners.get(sequence)!;
      return request.drawOf(choice, ahead);
    });
    this.#preparing = false;
    for (const request of this.#left.splice(0)) this.cancel(request);
    const result = await computed;
    await before;
    this.#steps += 1;
    const now = this.#clock();
    this.#scheduler.observe(plan, now - begin);
    this.#scheduler.commit(plan, result.tokens);
    if (plan.entries.every(({ count, draft, start }) => count === 1 + draft.length && start > 0)) {
      this.#costs.observe(plan.entries.length, plan.rows - plan.entries.length, now - begin);
    }
    let sample = 0;
    let delivered = 0;
    for (const { draft, samples, sequence } of plan.entries) {
      const first = sample;
      sample += samples.length;
      const right = draft.length > 0 ? acceptedOf(draft, result.tokens, first) : samples.length - 1;
      if (draft.length > 0) this.#countDraft(sequence, draft.length, right);
      for (let i = 0; i <= right; i++) this.#deliver(samples[i]!, first + i, result, now);
      delivered += right + 1;
    }
    this.#throughput.add(delivered, now);
  }

  /** Gives sequences their drafts for the next step. */
  async #guess(): Promise<void> {
    const texts = this.#scheduler.running;
    const drafter = this.#drafter;
    if (!drafter) {
      for (const [sequence, { choice }] of this.#owners) {
        if (!sequence.inFlight) sequence.draft = choice.lookUp(texts);
      }
      return;
    }
    for (const sequence of this.#owners.keys()) sequence.draft = [];
    if (!this.#scheduler.verifies) return;
    const wishes: GuessWish[] = [];
    for (const [sequence, { choice, request }] of this.#owners) {
      const most = choice.guessLength(texts, drafter.unread(sequence));
      if (most > 0) wishes.push({ sequence, most, drawOf: (ahead) => request.drawOf(choice, ahead) });
    }
    if (wishes.length > 0) await drafter.guess(wishes);
  }

  #countDraft(sequence: Sequence, tokens: number, accepted: number): void {
    this.#drafted += tokens;
    this.#accepted += accepted;
    this.#owners.get(sequence)?.choice.drafts?.observe(tokens, accepted);
  }

  #deliver(sequence: Sequence, sample: number, { logprobs, tokens, top }: StepResult, now: number): void {
    const owner = this.#owners.get(sequence);
    // Gone while the device worked.
    if (!owner || owner.choice.finished) return;
    const { choice, request } = owner;
    if (choice.fault) {
      this.#drop(request, choice.fault);
      return;
    }
    const token = tokens[sample]!;
    let report: TokenLogprobs | undefined;
    const wanted = request.parameters.logprobs;
    if (wanted !== undefined && top) {
      const from = sample * top.alternatives;
      const to = from + Math.min(wanted, top.alternatives);
      report = this.#explain(token, logprobs[sample]!, top.ids.subarray(from, to), top.logprobs.subarray(from, to));
    }
    if (request.take(choice, token, report, now)) this.#end(sequence);
    if (request.done) this.#requests.delete(request);
  }

  async #runExclusive(): Promise<void> {
    for (let task = this.#exclusive.shift(); task; task = this.#exclusive.shift()) {
      let table: BlockTable | undefined;
      try {
        table = this.#scheduler.reserve(task.tokens, this.#clock());
        await this.settle();
        await task.work(table);
      } catch (error) {
        task.fail(error);
      } finally {
        table?.release();
      }
    }
  }

  /** Work that nobody waits for any more is not done. */
  #dropExpired(): void {
    const expired = new Set(this.#scheduler.expired(this.#clock()).map((one) => this.#owners.get(one)?.request));
    for (const request of expired) {
      if (!request) continue;
      for (const { sequence } of request.choices) this.#end(sequence);
      this.#requests.delete(request);
      request.fail(
        new EngineError(
          "deadline",
          "the request was not done within its time limit",
          "Send it again later, allow it more time, or ask for fewer tokens.",
        ),
      );
    }
  }

  #end(sequence: Sequence): void {
    this.#scheduler.finish(sequence);
    this.#drafter?.forget(sequence);
    this.#owners.delete(sequence);
  }

  /** Ends one request with an error; the others go on. */
  #drop(request: RunningRequest, error: EngineError): void {
    for (const { sequence } of request.choices) this.#end(sequence);
    request.fail(error);
    this.#requests.delete(request);
  }

  #failAll(error: EngineError): void {
    for (const request of [...this.#requests]) this.#drop(request, error);
    for (const { fail } of this.#exclusive.splice(0)) fail(error);
  }
}

/** The same promise, which is no unhandled rejection when the step before it fails first. */
function observed(step: Promise<void>): Promise<void> {
  step.catch(() => {});
  return step;
}
