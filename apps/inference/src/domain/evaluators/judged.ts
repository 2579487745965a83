import type { Json } from "@tugboat/db";

/** What is judged: an answer with what it took. */
export interface Judged {
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly arguments: string }[];
  readonly latencyMs: number;
  readonly costMicroUsd: number;
  readonly outputTokens: number;
}

/** What a model was shown and what it should have said. */
export interface JudgedExample {
  readonly input: Json;
  readonly expected: Json;
}

/** From 0 (wrong) to 1 (right); null where the evaluator can't say, with the reason. */
export interface Score {
  readonly value: number | null;
  readonly reason?: string;
}

/** A deterministic evaluator: the same for the same. */
export type Evaluate = (output: Judged, expected: Json, example: JudgedExample) => Score;

export const unsaid: Score = { value: null, reason: "The example says no expected answer." };

export function passed(right: boolean, reason?: string): Score {
  return { value: right ? 1 : 0, ...(reason !== undefined && { reason }) };
}

/** The expected answer as text: a string itself, the content of a message, else its JSON. */
export function expectedText(expected: Json): string | undefined {
  if (expected === null) return undefined;
  if (typeof expected === "string") return expected;
  if (typeof expected === "object" && "content" in expected && typeof expected.content === "string") {
    return expected.content;
  }
  if (typeof expected === "object" && "chosen" in expected) return expectedText(expected.chosen ?? null);
  return JSON.stringify(expected);
}

/** The JSON that a text holds, also within a fence or a sentence; undefined where there is none. */
export function jsonIn(text: string): Json | undefined {
  const fenced = /```(?:json)?\s*([\s\S]*?)```/.exec(text)?.[1];
  const from = text.search(/[{[]/);
  const until = Math.max(text.lastIndexOf("}"), text.lastIndexOf("]"));
  for (const candidate of [text, fenced, from >= 0 && until > from ? text.slice(from, until + 1) : undefined]) {
    if (candidate === undefined) continue;
    try {
      return JSON.parse(candidate);
    } catch {
      // The next reading may fit.
    }
  }
  return undefined;
}
