import type { GenerateEvent } from "@tugboat/engine";
import { Heard } from "../../domain/traces/heard.ts";
import type { ModelPool } from "../../workers/pool.ts";
import type { PlacedRequest } from "../../workers/servable.ts";
import type { Used } from "../metering.ts";

export type Usage = Extract<GenerateEvent, { type: "done" }>["usage"];
export type Timings = Extract<GenerateEvent, { type: "done" }>["timings"];
export type TokenEvent = Extract<GenerateEvent, { type: "token" }>;
export type FinishEvent = Extract<GenerateEvent, { type: "finish" }>;

/** A token or the end of one choice; choices are counted over all prompts of a request. */
export type ChoiceEvent = TokenEvent | FinishEvent;

/** An answer while it is given, whoever gives it. */
export interface Answering {
  /** `hit`: it was given before; `semantic`: to a question that means the same. */
  readonly source: "computed" | "hit" | "semantic";
  readonly usage: Usage;
  /** Undefined until one prompt is done, and where nothing is computed. */
  readonly timings: Timings | undefined;
  /** Read and written until now. */
  readonly tokens: number;
  readonly cachedTokens: number;
  /** Milliseconds until the model took the request and until something was generated. */
  readonly queueMs: number;
  readonly firstMs: number;
  /** What is accounted for. */
  readonly used: Used;
  /** What is there, at least one event, or undefined at the end. */
  next(): Promise<readonly ChoiceEvent[] | undefined>;
  /** Stops it. Does nothing at the end. */
  cancel(): void;
}

/** The requests of one call, one for each prompt, running side by side on one model. */
export class Generation implements Answering {
  readonly source = "computed";
  readonly #streams: readonly AsyncIterableIterator<readonly GenerateEvent[]>[];
  readonly #choices: number;
  readonly #heard: Heard;
  readonly #pending = new Map<number, Promise<Step>>();
  #read = 0;
  #written = 0;
  #first: readonly ChoiceEvent[] | undefined;
  readonly #startedAt = performance.now();
  usage: Usage = { promptTokens: 0, completionTokens: 0, cachedTokens: 0 };
  /** Of the prompt that took longest; undefined until one is done. */
  timings: Timings | undefined;
  /** Read and written until now, over all prompts and choices. */
  tokens = 0;
  /** Of the prompts that were begun. */
  cachedTokens = 0;
  /** Milliseconds until the model took the request and until something was generated. */
  queueMs = 0;
  firstMs = 0;

  private constructor(
    streams: readonly AsyncIterableIterator<readonly GenerateEvent[]>[],
    choices: number,
    heard: Heard,
  ) {
    this.#heard = heard;
    this.#streams = streams;
    this.#choices = choices;
    streams.forEach((_, index) => {
      this.#pull(index);
    });
  }

  /**
   * Starts the requests and waits for the first token: what the model refuses is thrown here, before an answer begins.
   * @param choices of each request
   * @param signal stops all of it
   * @param heard told what is generated, and when
   * @throws ServingError, RemoteError
   */
  static async start(
    pool: Pick<ModelPool, "get">,
    model: string,
    requests: readonly PlacedRequest[],
    choices: number,
    signal: AbortSignal,
    heard = new Heard(),
  ): Promise<Generation> {
    const deployment = await pool.get(model);
    const started = await Promise.allSettled(requests.map((request) => deployment.generate(request)));
    const streams = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const generation = new Generation(streams, choices, heard);
    const refused = started.find((result) => result.status === "rejected");
    if (refused !== undefined) {
      generation.cancel();
      throw refused.reason;
    }
    if (signal.aborted) generation.cancel();
    else signal.addEventListener("abort", () => generation.cancel(), { once: true });
    try {
      while (generation.#first === undefined) {
        const events = await generation.#step();
        if (events === undefined) break;
        if (events.length > 0) generation.#first = events;
      }
    } catch (error) {
      generation.cancel();
      throw error;
    }
    generation.firstMs = performance.now() - generation.#startedAt;
    return generation;
  }

  /** What is there, at least one event, or undefined at the end. */
  async next(): Promise<readonly ChoiceEvent[] | undefined> {
    const first = this.#first;
    if (first !== undefined) {
      this.#first = undefined;
      return first;
    }
    for (;;) {
      const events = await this.#step();
      if (events === undefined || events.length > 0) return events;
    }
  }

  /** What was used until now: at the end what the engine says, before it what was read and written. */
  get used(): Used {
    const { promptTokens, completionTokens, cachedTokens } = this.usage;
    const elapsedMs = performance.now() - this.#startedAt;
    const measured = {
      queueMs: this.queueMs,
      prefillMs: this.firstMs - this.queueMs,
      ttftMs: this.firstMs,
      decodeMs: elapsedMs - this.firstMs,
    };
    return {
      usage: {
        promptTokens: Math.max(promptTokens, this.#read),
        completionTokens: Math.max(completionTokens, this.#written),
        cachedTokens: Math.max(cachedTokens, this.cachedTokens),
      },
      timings: this.timings ?? (this.#written > 0 ? measured : undefined),
    };
  }

  /** Stops the decode of every prompt. Does nothing at the end. */
  cancel(): void {
    for (const stream of this.#streams) void stream.return?.();
  }

  async #step(): Promise<readonly ChoiceEvent[] | undefined> {
    if (this.#pending.size === 0) return undefined;
    let step: Step;
    try {
      step = await Promise.race(this.#pending.values());
    } catch (error) {
      this.cancel();
      throw error;
    }
    this.#pending.delete(step.index);
    if (step.events === undefined) return [];
    this.#pull(step.index);
    return this.#sort(step.index, step.events);
  }

  #pull(index: number): void {
    const stream = this.#streams[index];
    if (stream === undefined) return;
    const step = stream.next().then((result): Step => ({ index, events: result.done ? undefined : result.value }));
    // Only the first failure is reported.
    step.catch(() => {});
    this.#pending.set(index, step);
  }

  #sort(index: number, events: readonly GenerateEvent[]): ChoiceEvent[] {
    const out: ChoiceEvent[] = [];
    for (const event of events) {
      switch (event.type) {
        case "start":
          this.tokens += event.promptTokens;
          this.cachedTokens += event.cachedTokens;
          this.#read += event.promptTokens;
          this.queueMs = performance.now() - this.#startedAt;
          break;
        case "token":
          this.tokens += 1;
          this.#written += 1;
          this.#heard.token(event.choice + index * this.#choices, event.text, event.calls);
          out.push(index === 0 ? event : { ...event, choice: event.choice + index * this.#choices });
          break;
        case "finish":
          this.#heard.finish(event.choice + index * this.#choices, event.reason, event.text);
          out.push(index === 0 ? event : { ...event, choice: event.choice + index * this.#choices });
          break;
        case "done":
          this.#account(event.usage, event.timings);
      }
    }
    return out;
  }

  #account(usage: Usage, timings: Timings): void {
    const { tokens = 0, accepted = 0 } = this.usage.draft ?? {};
    const draft = usage.draft
      ? { tokens: tokens + usage.draft.tokens, accepted: accepted + usage.draft.accepted }
      : this.usage.draft;
    this.usage = {
      promptTokens: this.usage.promptTokens + usage.promptTokens,
      completionTokens: this.usage.completionTokens + usage.completionTokens,
      cachedTokens: this.usage.cachedTokens + usage.cachedTokens,
      ...(draft && { draft }),
    };
    if (this.timings === undefined || timings.decodeMs > this.timings.decodeMs) this.timings = timings;
  }
}

interface Step {
  readonly index: number;
  readonly events: readonly GenerateEvent[] | undefined;
}
