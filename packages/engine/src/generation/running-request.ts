import type { GenerationParameters } from "../sampler/request.ts";
import type { Sequence } from "../scheduler/sequence.ts";
import type { ToolText } from "../tools/reader.ts";
import type { Choice } from "./choice.ts";
import { EventQueue } from "./event-queue.ts";
import type { FinishReason, GenerateEvent, Timings, TokenLogprobs } from "./events.ts";
import type { Draw } from "./step-runner.ts";

/** One call of `generate`: its choices, its events, its clock. */
export class RunningRequest {
  readonly parameters: GenerationParameters;
  readonly promptTokens: number;
  readonly choices: readonly Choice[];
  readonly events: EventQueue<GenerateEvent>;
  /** Called once, when the last choice has ended. */
  onEnd: (() => void) | undefined;
  readonly #submitted: number;
  #started: number | undefined;
  #firstToken: number | undefined;
  #lastToken: number | undefined;
  #open: number;

  /** @param now milliseconds of any clock, the same for every call. */
  constructor(
    parameters: GenerationParameters,
    choices: readonly Choice[],
    promptTokens: number,
    now: number,
    onReturn: (request: RunningRequest) => void,
  ) {
    this.parameters = parameters;
    this.choices = choices;
    this.promptTokens = promptTokens;
    this.events = new EventQueue(() => onReturn(this));
    this.#submitted = now;
    this.#open = choices.length;
  }

  get done(): boolean {
    return this.#open === 0;
  }

  /** @param ahead tokens of a draft that are taken to have been drawn before */
  drawOf(choice: Choice, ahead: number): Draw {
    const { logprobs, sampling, seed } = this.parameters;
    const { edits, index, mask, tokens } = choice;
    return { sampling, edits, seed, stream: index, step: tokens + ahead, logprobs, mask };
  }

  /** Prompt tokens that were in the cache. */
  get cachedTokens(): number {
    return Math.max(...this.choices.map(({ sequence }) => sequence.cachedTokens));
  }

  /** A step works on it. */
  start(now: number): void {
    if (this.#started !== undefined) return;
    this.#started = now;
    const { cachedTokens, parameters, promptTokens } = this;
    this.events.push({ type: "start", promptTokens, cachedTokens, seed: parameters.seed });
  }

  /** @returns whether the choice ended with it. */
  take(choice: Choice, token: number, logprobs: TokenLogprobs | undefined, now: number): boolean {
    this.#firstToken ??= now;
    this.#lastToken = now;
    const { calls, finish, shown, stop, text } = choice.advance(token);
    const { index } = choice;
    if (shown) {
      // Text that only the end releases belongs to the finish event; a token's own text comes with the token.
      const more = { ...(calls.length > 0 && { calls }), ...(logprobs && { logprobs }) };
      this.events.push({ type: "token", choice: index, token, text, ...more });
    }
    if (finish === undefined) return false;
    const nothing = { text: "", calls: [] };
    const held = shown ? (stop === undefined ? choice.flush() : nothing) : { text, calls };
    this.#finish(choice, finish, held, stop, now);
    return true;
  }

  /** Ends what is still open. */
  cancel(now: number): Sequence[] {
    this.start(now);
    const open = this.choices.filter((choice) => !choice.finished);
    for (const choice of open) {
      choice.finished = true;
      this.#finish(choice, "cancelled", choice.flush(), undefined, now);
    }
    return open.map(({ sequence }) => sequence);
  }

  /** Nothing more comes of it. */
  fail(error: Error): void {
    this.events.fail(error);
    this.onEnd?.();
  }

  #finish(choice: Choice, reason: FinishReason, held: ToolText, stop: string | undefined, now: number): void {
    const { calls, text } = held;
    const more = { ...(calls.length > 0 && { calls }), ...(stop !== undefined && { stop }) };
    this.events.push({ type: "finish", choice: choice.index, reason, text, ...more });
    this.#open -= 1;
    if (this.#open > 0) return;
    const completionTokens = this.choices.reduce((sum, { tokens }) => sum + tokens, 0);
    const draft = this.#draftCounts();
    const { cachedTokens, promptTokens } = this;
    const usage = { promptTokens, completionTokens, cachedTokens, ...(draft.tokens > 0 && { draft }) };
    this.events.push({ type: "done", usage, timings: this.#timings(completionTokens, now) });
    this.events.end();
    this.onEnd?.();
  }

  #draftCounts(): { tokens: number; accepted: number } {
    const counts = { tokens: 0, accepted: 0 };
    for (const { drafts } of this.choices) {
      counts.tokens += drafts?.counts.tokens ?? 0;
      counts.accepted += drafts?.counts.accepted ?? 0;
    }
    return counts;
  }

  #timings(completionTokens: number, now: number): Timings {
    const started = this.#started ?? now;
    const first = this.#firstToken ?? now;
    const decodeMs = (this.#lastToken ?? first) - first;
    const later = Math.max(0, completionTokens - this.choices.length);
    return {
      queueMs: started - this.#submitted,
      prefillMs: first - started,
      ttftMs: first - this.#submitted,
      decodeMs,
      tokensPerSecond: decodeMs > 0 ? (later / decodeMs) * 1000 : 0,
    };
  }
}
