import { emptyCandidate, emptyConversation } from "./conversation.ts";
import { fromDocument, isEmpty, toDocument } from "./document.ts";
import { pack, unpack } from "./packing.ts";
import { type Conversation, defaultParameters, mostColumns, type Parameters, type Turn } from "./types.ts";

/** Links longer than this are cut by mail programs and chats. */
export const longestLink = 6000;

/** What an address says. */
export type Addressed =
  | { readonly kind: "nothing" }
  | { readonly kind: "state"; readonly state: Conversation }
  /** Kept by the service under an id. */
  | { readonly kind: "shared"; readonly id: string }
  /** It holds a playground that can't be read. */
  | { readonly kind: "damaged" };

export async function readAddress(search: string, hash: string): Promise<Addressed> {
  const shared = new URLSearchParams(search).get("shared");
  if (shared !== null) return /^[\w-]{12}$/.test(shared) ? { kind: "shared", id: shared } : { kind: "damaged" };
  const packed = /^#p=(.*)$/.exec(hash)?.[1];
  if (packed !== undefined) {
    const state = fromDocument(await unpack(packed));
    return state ? { kind: "state", state } : { kind: "damaged" };
  }
  const state = fromQuery(search.replace(/^\?/, ""));
  return isEmpty(state) ? { kind: "nothing" } : { kind: "state", state };
}

/**
 * The part of an address behind `#` that holds a playground: with its answers, else without them, or undefined when it
 * is too long for a link in either way. Empty for a fresh one.
 */
export async function hashOf(state: Conversation): Promise<string | undefined> {
  if (isEmpty(state)) return "";
  for (const withAnswers of [true, false]) {
    const packed = await pack(toDocument(state, withAnswers));
    if (packed.length <= longestLink) return `#p=${packed}`;
  }
  return undefined;
}

/**
 * Reads the form of links that other pages write: `model`, once for each column, parameters, `system`, then `user` and `answer` in the order they
 * were said, and `draft`. What is out of range falls back to its default.
 */
export function fromQuery(text: string): Conversation {
  const query = new URLSearchParams(text);
  const turns: Turn[] = [];
  const answers = new Map<string, string>();
  for (const [name, value] of query) {
    const last = turns.at(-1);
    if (name === "user") turns.push({ id: `t${turns.length}`, user: value });
    else if (name === "answer" && last) answers.set(last.id, value);
  }
  const [first = "", ...others] = [...new Set(query.getAll("model"))].slice(0, mostColumns);
  const alone = emptyConversation(first);
  const more = others.map((model, i) => emptyCandidate(String(i + 2), model));
  const state = { ...alone, candidates: [...alone.candidates, ...more] };
  // A message that was never answered is a draft: the reader sends it.
  const last = turns.at(-1);
  const open = last !== undefined && !answers.has(last.id);
  const seed = number(query, "seed", 0, 2 ** 32 - 1, 0);
  return {
    ...state,
    system: query.get("system") ?? "",
    turns: open ? turns.slice(0, -1) : turns,
    draft: query.get("draft") ?? (open ? last.user : ""),
    candidates: state.candidates.map((candidate) => ({
      ...candidate,
      place: query.get("place") === "browser" ? "browser" : "service",
      parameters: parametersOf(query),
      answers: Object.fromEntries([...answers].map(([id, said]) => [id, { status: "done", text: said, seed }])),
    })),
  };
}

function parametersOf(query: URLSearchParams): Parameters {
  return {
    ...defaultParameters,
    temperature: number(query, "temperature", 0, 2, defaultParameters.temperature),
    topP: number(query, "top_p", 0, 1, defaultParameters.topP),
    maxTokens: Math.round(number(query, "max_tokens", 1, 1_000_000, defaultParameters.maxTokens)),
    seed: query.has("seed") ? Math.round(number(query, "seed", 0, 2 ** 32 - 1, 0)) : undefined,
  };
}

function number(query: URLSearchParams, name: string, min: number, max: number, otherwise: number): number {
  const text = query.get(name);
  const value = text === null || text.trim() === "" ? Number.NaN : Number(text);
  return value >= min && value <= max ? value : otherwise;
}
