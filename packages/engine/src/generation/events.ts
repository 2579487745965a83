import type { ToolCallDelta } from "../tools/reader.ts";

export interface TokenLogprob {
  readonly token: number;
  /** The token's own text; a token that is a part of a character shows U+FFFD, `bytes` tell. */
  readonly text: string;
  readonly bytes: readonly number[];
  /** Natural logarithm of the probability that the model gave, before temperature and filters. */
  readonly logprob: number;
}

export interface TokenLogprobs extends TokenLogprob {
  /** The likeliest tokens, descending; as many as the request asked for. */
  readonly top: readonly TokenLogprob[];
}

export interface Usage {
  readonly promptTokens: number;
  /** Tokens of all choices, the end-of-text token not counted. */
  readonly completionTokens: number;
  /** Prompt tokens whose keys and values were there already. */
  readonly cachedTokens: number;
  /** Tokens that were guessed and verified, and how many were right; absent when nothing was guessed. */
  readonly draft?: { readonly tokens: number; readonly accepted: number };
}

export interface Timings {
  /** From the call to the first step that worked on it. */
  readonly queueMs: number;
  /** From that step to the first token. */
  readonly prefillMs: number;
  /** From the call to the first token. */
  readonly ttftMs: number;
  /** From the first token to the last. */
  readonly decodeMs: number;
  /** Of all choices together, after each one's first token. */
  readonly tokensPerSecond: number;
}

export type FinishReason = "stop" | "length" | "cancelled" | "tool-calls";

export type GenerateEvent =
  /** The first step works on it. */
  | { readonly type: "start"; readonly promptTokens: number; readonly cachedTokens: number; readonly seed: number }
  | {
      readonly type: "token";
      readonly choice: number;
      readonly token: number;
      /** Empty while a character is incomplete or a stop string may be starting. */
      readonly text: string;
      /** What it adds to calls of tools. */
      readonly calls?: readonly ToolCallDelta[];
      readonly logprobs?: TokenLogprobs;
    }
  | {
      readonly type: "finish";
      readonly choice: number;
      readonly reason: FinishReason;
      /** What was held back and is released now. */
      readonly text: string;
      readonly calls?: readonly ToolCallDelta[];
      /** The stop string that ended it. */
      readonly stop?: string;
    }
  | { readonly type: "done"; readonly usage: Usage; readonly timings: Timings };
