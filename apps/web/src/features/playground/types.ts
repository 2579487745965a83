import type { ServiceProblem } from "../service/types.ts";

export interface Parameters {
  readonly temperature: number;
  readonly topP: number;
  readonly maxTokens: number;
  /** Fixed, or drawn anew for each answer. Either way the answer says which it had. */
  readonly seed: number | undefined;
}

export const defaultParameters: Parameters = { temperature: 0.7, topP: 1, maxTokens: 256, seed: undefined };

export type AnswerStatus = "waiting" | "streaming" | "done" | "stopped" | "failed";

export interface Answer {
  readonly status: AnswerStatus;
  readonly text: string;
  readonly seed: number;
  readonly requestId?: string;
  /** From sending to the first piece of text, in ms, as seen by this browser. */
  readonly ttftMs?: number;
  /** From the first to the last piece of text, in ms. */
  readonly decodeMs?: number;
  readonly promptTokens?: number;
  readonly cachedTokens?: number;
  readonly completionTokens?: number;
  readonly finishReason?: string;
  readonly problem?: ServiceProblem;
}

/** One candidate: a model with its own parameters and its own answers, one for each turn. */
export interface Candidate {
  readonly id: string;
  /** Empty until one is chosen or the catalog is known. */
  readonly model: string;
  readonly parameters: Parameters;
  readonly answers: readonly (Answer | undefined)[];
}

/** What all candidates are asked, and what each answered. */
export interface Conversation {
  readonly system: string;
  /** The user's messages, oldest first. */
  readonly turns: readonly string[];
  /** The message being written. */
  readonly draft: string;
  readonly candidates: readonly Candidate[];
}

export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}
