import type { ServiceProblem } from "../service/types.ts";

export type ResponseFormat =
  | { readonly type: "text" }
  | { readonly type: "json_object" }
  /** `schema` is JSON as it was typed. */
  | { readonly type: "json_schema"; readonly schema: string };

export interface Parameters {
  readonly temperature: number;
  readonly topP: number;
  readonly maxTokens: number;
  /** Fixed, or drawn anew for each answer. Either way the answer says which it had. */
  readonly seed: number | undefined;
  readonly frequencyPenalty: number;
  readonly presencePenalty: number;
  /** Texts that end the answer, at most 16. */
  readonly stop: readonly string[];
  /** Whether the answer shows how likely each word was. */
  readonly logprobs: boolean;
  readonly format: ResponseFormat;
}

export const defaultParameters: Parameters = {
  temperature: 0.7,
  topP: 1,
  maxTokens: 256,
  seed: undefined,
  frequencyPenalty: 0,
  presencePenalty: 0,
  stop: [],
  logprobs: false,
  format: { type: "text" },
};

export type AnswerStatus = "waiting" | "streaming" | "done" | "stopped" | "failed";

/** A token of an answer and how likely it was, before temperature and filters. */
export interface TokenLikelihood {
  readonly text: string;
  /** UTF-8; a token may be a part of a character. */
  readonly bytes: readonly number[];
  /** Natural logarithm. */
  readonly logprob: number;
  /** The likeliest tokens at this place, descending. */
  readonly top: readonly { readonly text: string; readonly logprob: number }[];
}

export interface Answer {
  readonly status: AnswerStatus;
  readonly text: string;
  readonly seed: number;
  /** A digest of what was asked; differs from the conversation's once that has changed. */
  readonly asked?: string;
  /** What is going on before the first text: a download, a model that loads. */
  readonly progress?: string;
  readonly requestId?: string;
  /** From sending to the first piece of text, in ms, as seen by this browser. */
  readonly ttftMs?: number;
  /** From the first to the last piece of text, in ms. */
  readonly decodeMs?: number;
  /** In how many pieces, apart in time, the text came. */
  readonly bursts?: number;
  readonly promptTokens?: number;
  readonly cachedTokens?: number;
  readonly completionTokens?: number;
  /** In micro-dollars, where the service says it. */
  readonly costMicroUsd?: number;
  readonly finishReason?: string;
  readonly tokens?: readonly TokenLikelihood[];
  readonly problem?: ServiceProblem;
}

/** Where a column computes: at the service, or in this browser with the same engine. */
export type Place = "service" | "browser";

/** With what a browser computes. `auto`: WebGPU where there is one, else WebAssembly. */
export type BrowserDevice = "auto" | "webgpu" | "cpu";

/** One column: a model with its own parameters and its own answers. */
export interface Candidate {
  readonly id: string;
  /** Empty until one is chosen or the catalog is known. */
  readonly model: string;
  readonly place: Place;
  readonly device: BrowserDevice;
  readonly parameters: Parameters;
  /** By the turn's id. */
  readonly answers: Readonly<Record<string, Answer>>;
}

/** A message of the user's, and the answer to it: each column's own, or an example that all of them are given. */
export interface Turn {
  readonly id: string;
  readonly user: string;
  readonly example?: string;
}

/** What all columns are asked, and what each answered. */
export interface Conversation {
  readonly system: string;
  readonly turns: readonly Turn[];
  /** The message being written. */
  readonly draft: string;
  /** What stands for `{{name}}`, by name. */
  readonly variables: Readonly<Record<string, string>>;
  readonly candidates: readonly Candidate[];
}

export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export const mostColumns = 4;
