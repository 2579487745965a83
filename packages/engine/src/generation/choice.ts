import { EngineError } from "../errors.ts";
import type { ConstrainedText } from "../grammar/constraint.ts";
import { GrammarError } from "../grammar/errors.ts";
import type { SamplingParameters } from "../sampler/request.ts";
import { TokenEdits } from "../sampler/token-edits.ts";
import type { Sequence } from "../scheduler/sequence.ts";
import type { Drafts } from "../speculative/drafts.ts";
import { PromptLookup } from "../speculative/prompt-lookup.ts";
import type { StopMatcher } from "../text/stop-matcher.ts";
import type { StreamDecoder } from "../tokenizer/stream-decoder.ts";
import type { ToolReader, ToolText } from "../tools/reader.ts";
import type { FinishReason } from "./events.ts";

/** What one more token did to a choice. */
export interface Advance extends ToolText {
  /** Whether the token belongs to the answer: the end-of-text token does not. */
  readonly shown: boolean;
  readonly finish?: FinishReason;
  readonly stop?: string;
}

export interface ChoiceLimits {
  /** Tokens after which the answer is cut. */
  readonly maxTokens: number;
  readonly endTokens: ReadonlySet<number>;
  /** What its text must be. */
  readonly constrained?: ConstrainedText | undefined;
  /** Finds the calls of tools in it. */
  readonly reader?: ToolReader | undefined;
  /** Control tokens that are read as text. */
  readonly spoken?: ReadonlyMap<number, string> | undefined;
  /** Guesses how it goes on; absent where that is not wanted or cannot be verified. */
  readonly drafts?: Drafts | undefined;
}

/** One of a request's answers: its text so far, and when it ends. */
export class Choice {
  readonly index: number;
  readonly sequence: Sequence;
  readonly edits: TokenEdits;
  finished = false;
  tokens = 0;
  /** Why it can't go on, once its constraint turned out to be more than can be worked out. */
  fault: EngineError | undefined;
  readonly #limits: ChoiceLimits;
  readonly #lookup = new PromptLookup();
  readonly #decoder: StreamDecoder;
  readonly #stops: StopMatcher;

  constructor(
    index: number,
    sequence: Sequence,
    sampling: SamplingParameters,
    limits: ChoiceLimits,
    decoder: StreamDecoder,
    stops: StopMatcher,
  ) {
    this.index = index;
    this.sequence = sequence;
    this.edits = new TokenEdits(sampling, sequence.tokens(0, sequence.promptLength));
    this.#limits = limits;
    this.#decoder = decoder;
    this.#stops = stops;
  }

  get drafts(): Drafts | undefined {
    return this.#limits.drafts;
  }

  /**
   * How the text may go on after its next token, as it did before.
   * @param texts that decode with it.
   */
  lookUp(texts: number): readonly number[] {
    const { drafts } = this.#limits;
    if (!drafts || !this.#isDecoding) return [];
    const tokens = this.sequence.tokens();
    if (!this.#lookup.knows(tokens)) return [];
    return this.#lookup.propose(tokens, drafts.length(this.#most, texts));
  }

  /** How many tokens a model should guess after its next one. @param unread tokens that it would have to read first */
  guessLength(texts: number, unread: number): number {
    const { drafts } = this.#limits;
    return drafts && this.#isDecoding ? drafts.length(this.#most, texts, unread) : 0;
  }

  get #isDecoding(): boolean {
    return this.sequence.state === "running" && this.sequence.pending === 1;
  }

  /** Tokens that may follow the next one. */
  get #most(): number {
    return this.#limits.maxTokens - this.tokens - 1;
  }

  /** The tokens that may come next; undefined: all. */
  get mask(): (() => Uint32Array<ArrayBuffer>) | undefined {
    const { constrained } = this.#limits;
    if (constrained === undefined) return undefined;
    return () => {
      try {
        const { mask } = constrained;
        if (mask.some((word) => word !== 0)) return mask;
        this.fault = faultOf("no token of the model's vocabulary can go on from here");
        return mask;
      } catch (error) {
        if (!(error instanceof GrammarError)) throw error;
        this.fault = faultOf(error.message);
        return new Uint32Array(constrained.words);
      }
    };
  }

  /** Takes the next token. The text held back is released when the answer ends for another reason than a stop string. */
  advance(token: number): Advance {
    const { constrained, endTokens, maxTokens, spoken } = this.#limits;
    if (endTokens.has(token)) {
      this.finished = true;
      return { ...this.flush(), shown: false, finish: this.#reason };
    }
    this.tokens += 1;
    this.edits.add(token);
    constrained?.take(token);
    const { stop, text: raw } = this.#stops.push(spoken?.get(token) ?? this.#decoder.push(token));
    const { calls, text } = this.#limits.reader?.push(raw) ?? { text: raw, calls: [] };
    const said = { text, calls, shown: true };
    if (stop !== undefined) {
      this.finished = true;
      return { ...said, finish: this.#reason, stop };
    }
    // Nothing can follow: the end token needs no step of its own.
    if (constrained?.final) {
      this.finished = true;
      return { ...said, finish: this.#reason };
    }
    if (this.tokens < maxTokens) return said;
    this.finished = true;
    return { ...said, finish: "length" };
  }

  /** What is still held back. */
  flush(): ToolText {
    const { text, stop } = this.#stops.push(this.#decoder.flush());
    const rest = stop === undefined ? text + this.#stops.flush() : text;
    const { reader } = this.#limits;
    if (reader === undefined) return { text: rest, calls: [] };
    const last = reader.push(rest);
    return { text: last.text + reader.flush(), calls: last.calls };
  }

  get #reason(): FinishReason {
    return (this.#limits.reader?.calls ?? 0) > 0 ? "tool-calls" : "stop";
  }
}

function faultOf(message: string): EngineError {
  return new EngineError("bad-request", `constraint: ${message}`, "Simplify the schema or grammar.");
}
