import { exactKey } from "../../domain/caching/exact-cache.ts";
import type { Look, SemanticCache } from "../../domain/caching/semantic-cache.ts";
import type { WorkerRequest } from "../../workers/protocol.ts";
import type { Answerer } from "../access.ts";
import type { KeptAnswer } from "./kept-answer.ts";

/** Longer texts are asked anew: their vectors say little of what is in them, and take long to make. */
const longest = 4000;

/** What a semantic cache compares, and all else that an answer depends on. */
export interface Question {
  readonly text: string;
  readonly scope: string;
}

/**
 * A chat whose last message is a user's text, and that calls no tools: what else is in it must be the same for an answer to
 * serve again.
 * @returns undefined for a request that is asked anew in any case
 */
export function questionOf(
  organizationId: string,
  alias: { readonly id: string; readonly version: number },
  { model }: Answerer,
  [request, ...others]: readonly WorkerRequest[],
  choices: number,
): Question | undefined {
  if (request === undefined || others.length > 0 || choices !== 1 || !("messages" in request.prompt)) return undefined;
  const { messages, tools } = request.prompt;
  const last = messages.at(-1);
  if (last?.role !== "user" || typeof last.content !== "string" || (tools?.length ?? 0) > 0) return undefined;
  if (request.logprobs !== undefined || last.content.length > longest || last.content.trim() === "") return undefined;
  const { prompt: _, seed: __, ...rest } = request;
  const { addedAt, bytes, name, sourcePath } = model;
  const scope = exactKey({
    organizationId,
    alias: [alias.id, alias.version],
    model: { name, sourcePath, bytes, addedAt: addedAt.getTime() },
    before: messages.slice(0, -1),
    rest,
  });
  return { text: last.content, scope };
}

/** Makes a text's vector, of length 1. */
export type EmbedText = (text: string, signal: AbortSignal) => Promise<Float32Array>;

export interface SemanticAnswers {
  readonly cache: SemanticCache<KeptAnswer>;
  readonly embed: EmbedText;
}

/** What the cache knows of a question; undefined where its vector can't be made: the cache is no reason to fail. */
export async function lookUp(
  { cache, embed }: SemanticAnswers,
  { scope, text }: Question,
  alias: { readonly id: string; readonly semanticError: number },
  signal: AbortSignal,
): Promise<Look<KeptAnswer> | undefined> {
  const vector = await embed(text, signal).catch(() => undefined);
  return vector && cache.look(scope, alias.id, vector, alias.semanticError);
}

/** The words of an answer. */
export function textOf({ events }: KeptAnswer): string {
  return events.map(({ text }) => text).join("");
}
