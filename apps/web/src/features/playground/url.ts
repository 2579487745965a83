import { emptyConversation } from "./conversation.ts";
import { type Answer, type Conversation, defaultParameters, type Parameters } from "./types.ts";

/** Links longer than this are cut by mail programs and chats; answers are left out first. */
const longest = 6000;

/**
 * The playground as a query string: model, parameters, system message, then `user` and `answer` in the order they
 * were said, and the draft. Defaults are left out, so a fresh page has a plain address.
 */
export function toQuery(state: Conversation): string {
  const full = write(state, true);
  return full.length <= longest ? full : write(state, false);
}

function write(state: Conversation, withAnswers: boolean): string {
  const query = new URLSearchParams();
  const candidate = state.candidates[0];
  if (candidate?.model) query.set("model", candidate.model);
  const { temperature, topP, maxTokens, seed } = candidate?.parameters ?? defaultParameters;
  if (temperature !== defaultParameters.temperature) query.set("temperature", String(temperature));
  if (topP !== defaultParameters.topP) query.set("top_p", String(topP));
  if (maxTokens !== defaultParameters.maxTokens) query.set("max_tokens", String(maxTokens));
  if (seed !== undefined) query.set("seed", String(seed));
  if (state.system) query.set("system", state.system);
  state.turns.forEach((turn, at) => {
    query.append("user", turn);
    const answer = candidate?.answers[at];
    if (withAnswers && answer?.text && answer.status !== "streaming") query.append("answer", answer.text);
  });
  if (state.draft) query.set("draft", state.draft);
  return query.toString();
}

/** Reads what `toQuery` wrote. Anything out of range falls back to its default: a link never breaks the page. */
export function fromQuery(text: string): Conversation {
  const query = new URLSearchParams(text);
  const turns: string[] = [];
  const answers: (Answer | undefined)[] = [];
  for (const [name, value] of query) {
    if (name === "user") {
      turns.push(value);
      answers.push(undefined);
    } else if (name === "answer" && turns.length > 0) {
      answers[turns.length - 1] = { status: "done", text: value, seed: number(query, "seed", 0, 2 ** 32, 0) };
    }
  }
  const state = emptyConversation(query.get("model") ?? "");
  // A message that was never answered is a draft: the reader sends it.
  const open = turns.length > 0 && answers.at(-1) === undefined;
  const draft = query.get("draft") ?? (open ? (turns.at(-1) ?? "") : "");
  return {
    ...state,
    system: query.get("system") ?? "",
    turns: open ? turns.slice(0, -1) : turns,
    draft,
    candidates: state.candidates.map((candidate) => ({
      ...candidate,
      parameters: parametersOf(query),
      answers: open ? answers.slice(0, -1) : answers,
    })),
  };
}

function parametersOf(query: URLSearchParams): Parameters {
  return {
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
