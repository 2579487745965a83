import type { Answer, Candidate, Conversation, Message } from "./types.ts";
import { fill } from "./variables.ts";

/**
 * What one column is sent for a turn: everything up to that turn's own message, as this column saw the conversation,
 * with the variables filled in.
 */
export function messagesFor(state: Conversation, candidate: Candidate, turn: string): readonly Message[] {
  const messages: Message[] = [];
  const system = fill(state.system, state.variables);
  if (system.trim()) messages.push({ role: "system", content: system });
  for (const { id, user, example } of state.turns) {
    messages.push({ role: "user", content: fill(user, state.variables) });
    if (id === turn) break;
    const said = example === undefined ? candidate.answers[id]?.text : fill(example, state.variables);
    // A turn that failed left nothing; two messages of the user in a row are what was said.
    if (said) messages.push({ role: "assistant", content: said });
  }
  return messages;
}

/** A short digest (FNV-1a, 32 bits) of what was asked, by which an answer knows that the question has changed since. */
export function askedOf(model: string, messages: readonly Message[]): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(JSON.stringify([model, messages]))) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return (hash >>> 0).toString(36);
}

/** Whether a finished answer belongs to another question than the one that stands there now. */
export function isStale(state: Conversation, candidate: Candidate, turn: string): boolean {
  const answer = candidate.answers[turn];
  if (answer?.asked === undefined || answer.status === "waiting" || answer.status === "streaming") return false;
  return answer.asked !== askedOf(candidate.model, messagesFor(state, candidate, turn));
}

/** Fewer pieces than this say nothing about the time between them. */
const fewestBursts = 3;

export interface Rate {
  readonly tokensPerSecond: number;
  /** `decode`: the tokens after the first, over the time they took. `whole`: all of them, over the whole wait. */
  readonly over: "decode" | "whole";
}

/**
 * How fast an answer came. The first token belongs to the prefill, as the field counts it; a text that came all at once
 * was held up on the way, so there only the whole time is known.
 */
export function rateOf({ completionTokens: tokens, decodeMs, ttftMs, bursts = 0 }: Answer): Rate | undefined {
  if (tokens === undefined || tokens < 2 || decodeMs === undefined || ttftMs === undefined) return undefined;
  if (bursts >= fewestBursts && decodeMs > 0)
    return { tokensPerSecond: ((tokens - 1) / decodeMs) * 1000, over: "decode" };
  return { tokensPerSecond: (tokens / Math.max(1, ttftMs + decodeMs)) * 1000, over: "whole" };
}
