import { setTimeout as pause } from "node:timers/promises";
import type { Json } from "@tugboat/db";
import { needsOf } from "../domain/flows/check.ts";
import type { FlowDocument } from "../domain/flows/document.ts";
import { evaluate, type Scope, TemplateError } from "../domain/flows/expression.ts";
import type { Action, Body, Step } from "../domain/flows/steps.ts";
import { AtOnce } from "./at-once.ts";
import { FlowFailure, StepFailure } from "./errors.ts";
import { type FilledAction, fillAction } from "./fill-action.ts";
import { digestOf, type Journal, writable } from "./journal.ts";

/** What a step brought. Money in micro-dollars. */
export interface Made {
  readonly output: Json;
  readonly costMicroUsd?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cachedTokens?: number;
}

/** Does what a step says, once. */
export type RunAction = (
  action: FilledAction,
  step: {
    /** The same each time that this step of this run is tried. */
    readonly callId: string;
    readonly path: string;
    readonly signal: AbortSignal;
  },
) => Promise<Made>;

export interface FlowRunning {
  readonly document: FlowDocument;
  /** By a step's path in the document, which of its ways is taken: {find: 1}. */
  readonly choices: Readonly<Record<string, number>>;
  readonly input: Json;
  readonly journal: Journal;
  readonly run: RunAction;
  readonly signal: AbortSignal;
  /** Told after each step. */
  readonly onStep?: (() => void) | undefined;
}

export type FlowEnd =
  | { readonly state: "done"; readonly output: Json }
  /** All is done that can be before a person says yes. */
  | { readonly state: "waiting" };

/** Steps that one run may take, those of every round and item together. */
const mostSteps = 5000;
const mostItems = 1000;
/** Of one output, as JSON. */
const mostCharacters = 2_000_000;

const waits = Symbol("waits for a person");
type Result = Json | typeof waits;

/**
 * Runs a flow: every step as soon as what it needs is there, beside the others. What the journal knows as done is not done
 * again.
 * @throws FlowFailure; the signal's reason
 */
export async function runFlow(running: FlowRunning): Promise<FlowEnd> {
  const run = new FlowRun(running);
  const output = await run.body(running.document, { input: running.input }, "", "");
  return output === waits ? { state: "waiting" } : { state: "done", output };
}

class FlowRun {
  readonly #running: FlowRunning;
  readonly #atOnce: AtOnce;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #steps = 0;

  constructor(running: FlowRunning) {
    this.#running = running;
    this.#atOnce = new AtOnce(running.document.concurrency);
    this.#signal = AbortSignal.any([running.signal, this.#stop.signal]);
  }

  /** @param at the body's path in this run; @param place its path in the document, without rounds and items */
  async body({ output, steps }: Body, outer: Scope, at: string, place: string): Promise<Result> {
    const names = Object.keys(steps);
    const siblings = new Set(names);
    const begun = new Map<string, Promise<Result>>();
    const start = (name: string): Promise<Result> => {
      let result = begun.get(name);
      if (result === undefined) {
        result = this.#inOrder(name, steps, siblings, outer, { at, place, start });
        begun.set(name, result);
      }
      return result;
    };
    try {
      const results = await Promise.all(names.map(start));
      if (results.includes(waits)) return waits;
    } catch (error) {
      // The others end too, and only then is the run over: nothing writes after its end.
      this.#stop.abort(error);
      await Promise.allSettled(begun.values());
      throw error;
    }
    const scope = await scopeOf(outer, begun);
    return this.#value(output, scope, at === "" ? "output" : `${at}.output`);
  }

  async #inOrder(
    name: string,
    steps: Body["steps"],
    siblings: ReadonlySet<string>,
    outer: Scope,
    { at, place, start }: { at: string; place: string; start: (name: string) => Promise<Result> },
  ): Promise<Result> {
    const step = steps[name];
    if (step === undefined) throw new Error(`no step ${name}`);
    const needs = needsOf(step, siblings);
    const given = await Promise.all(needs.map(start));
    const scope: Record<string, Json> = { ...outer };
    for (const [i, need] of needs.entries()) {
      const value = given[i];
      if (value === waits || value === undefined) return waits;
      scope[need] = value;
    }
    const path = at === "" ? name : `${at}.${name}`;
    const where = place === "" ? name : `${place}.${name}`;
    const chosen = step.ways[this.#running.choices[where] ?? 0]?.action ?? step.action;
    const result = await this.#step(step, chosen, path, where, scope);
    this.#running.onStep?.();
    return result;
  }

  async #step(step: Step, action: Action, path: string, place: string, scope: Scope): Promise<Result> {
    this.#signal.throwIfAborted();
    const { journal } = this.#running;
    const known = journal.find(path);
    if (known?.state === "done") return this.#taken(action, known.output as Json, path);
    if (known?.state === "waiting") return waits;
    if (++this.#steps > mostSteps) {
      throw new FlowFailure("too-large", `The run has more than ${mostSteps} steps.`, "Give maps shorter lists.", path);
    }
    if (action.kind === "map" || action.kind === "branch" || action.kind === "loop") {
      const started = performance.now();
      if (known === undefined) await journal.begin(path, action.kind);
      const output = await this.#compound(action, path, place, scope);
      if (output === waits) return waits;
      await journal.end(path, { state: "done", output: writable(output), durationMs: performance.now() - started });
      return output;
    }
    const filled = this.#filled(action, scope, path);
    if (filled.kind === "approve") {
      await journal.begin(path, action.kind);
      await journal.end(path, { state: "waiting", output: { question: filled.question }, durationMs: 0 });
      return waits;
    }
    return this.#atOnce.run(() => this.#leaf(step, filled, path));
  }

  async #leaf(step: Step, action: FilledAction, path: string): Promise<Json> {
    this.#signal.throwIfAborted();
    const { journal } = this.#running;
    const { callId } = await journal.begin(path, action.kind);
    const digest = step.cacheMs === null ? undefined : digestOf(action);
    const known = digest === undefined ? undefined : await journal.known(digest);
    if (known !== undefined) {
      await journal.end(path, { state: "done", output: writable(known.output), cached: true, durationMs: 0 });
      return known.output;
    }
    const started = performance.now();
    try {
      const { output, ...spent } = await this.#tries(step, action, { callId, path });
      const size = JSON.stringify(output).length;
      if (size > mostCharacters) {
        const message = `${path} gave ${size.toLocaleString("en")} characters; ${mostCharacters.toLocaleString("en")} are the most.`;
        throw new FlowFailure("too-large", message, "Have it give less, such as the part that is used.", path);
      }
      const kept = writable(output);
      await journal.end(path, { ...spent, state: "done", output: kept, durationMs: performance.now() - started });
      if (digest !== undefined && step.cacheMs !== null) await journal.remember(digest, output, step.cacheMs);
      return output;
    } catch (error) {
      if (error instanceof FlowFailure && !this.#signal.aborted) {
        await journal.end(path, { state: "failed", error: error.message, durationMs: performance.now() - started });
      }
      throw error;
    }
  }

  async #tries(step: Step, action: FilledAction, of: { callId: string; path: string }): Promise<Made> {
    for (let attempt = 0; ; attempt++) {
      const timeout = AbortSignal.timeout(step.timeoutMs);
      try {
        return await this.#running.run(action, { ...of, signal: AbortSignal.any([this.#signal, timeout]) });
      } catch (error) {
        this.#signal.throwIfAborted();
        const failure = timeout.aborted
          ? new StepFailure(
              `It did not end within ${step.timeoutMs} ms.`,
              "Say timeout: with more, or look at what it waits for.",
              { again: true },
            )
          : error;
        if (!(failure instanceof StepFailure)) throw failure;
        if (!failure.again || attempt >= step.retries) {
          const tried = attempt === 0 ? "" : ` (after ${attempt + 1} tries)`;
          throw new FlowFailure("step-failed", `${of.path}: ${failure.message}${tried}`, failure.hint, of.path);
        }
        await pause(Math.min(30_000, 200 * 2 ** attempt), undefined, { signal: this.#signal });
      }
    }
  }

  async #compound(
    action: Action & { kind: "map" | "branch" | "loop" },
    path: string,
    place: string,
    scope: Scope,
  ): Promise<Result> {
    if (action.kind === "branch") {
      const on = this.#value(action.on, scope, path);
      const name = typeof on === "string" ? on : JSON.stringify(on);
      const taken = action.cases[name];
      const body = taken ?? action.otherwise;
      if (body === null) {
        throw new FlowFailure(
          "step-failed",
          `${path}: there is no case for ${name}.`,
          "Add it, or else: for the rest.",
          path,
        );
      }
      return this.body(body, scope, `${path}[${taken ? name : "else"}]`, `${place}.${taken ? name : "else"}`);
    }
    if (action.kind === "map") {
      const list = this.#value(action.over, scope, path);
      if (!Array.isArray(list)) {
        throw new FlowFailure(
          "step-failed",
          `${path}: what it goes through is no list.`,
          "Connect map to a list.",
          path,
        );
      }
      if (list.length > mostItems) {
        throw new FlowFailure(
          "too-large",
          `${path}: the list has ${list.length} items; ${mostItems} are the most.`,
          "Shorten it before.",
          path,
        );
      }
      const lane = new AtOnce(action.at_once);
      const items = await all(
        list.map((item: Json, index) =>
          lane.run(() => this.body(action.body, { ...scope, [action.as]: item, index }, `${path}[${index}]`, place)),
        ),
        (error) => this.#stop.abort(error),
      );
      const done = items.filter((item) => item !== waits);
      return done.length < items.length ? waits : { items: done };
    }
    let state: Json = evaluate({ ...action.from }, scope);
    for (let round = 1; round <= action.most; round++) {
      const result = await this.body(action.body, { ...scope, loop: state, round }, `${path}[${round}]`, place);
      if (result === waits) return waits;
      state = result;
      if (this.#value(action.until, { ...scope, loop: state, round }, path) === true)
        return { ...Object(state), rounds: round };
    }
    return { ...Object(state), rounds: action.most };
  }

  #taken(action: Action, output: Json, path: string): Json {
    if (action.kind !== "approve" || action.refused === "go-on") return output;
    const { approved, note } = Object(output) as { approved?: unknown; note?: unknown };
    if (approved === true) return output;
    const why = typeof note === "string" && note !== "" ? `: ${note}` : "";
    throw new FlowFailure("refused", `${path} was refused${why}.`, "Start another run when the reason is gone.", path);
  }

  #filled(action: Action, scope: Scope, path: string): FilledAction {
    return named(path, () => fillAction(action, scope));
  }

  #value(expression: Json, scope: Scope, path: string): Json {
    return named(path, () => evaluate(expression, scope));
  }
}

function named<T>(path: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const hint = "A value of any type was not what the flow took it for. Declare its type: output: …";
    throw new FlowFailure("step-failed", `${path}: ${error.message}`, hint, path);
  }
}

/** Waits for all of them, also when one fails: then it rejects with the first failure. */
async function all<T>(work: readonly Promise<T>[], onFailure: (error: unknown) => void): Promise<T[]> {
  try {
    return await Promise.all(work);
  } catch (error) {
    onFailure(error);
    await Promise.allSettled(work);
    throw error;
  }
}

async function scopeOf(outer: Scope, results: ReadonlyMap<string, Promise<Result>>): Promise<Scope> {
  const scope: Record<string, Json> = { ...outer };
  for (const [name, result] of results) {
    const value = await result;
    if (value !== waits) scope[name] = value;
  }
  return scope;
}
