"use client";

import { type Dispatch, useEffect, useState } from "react";
import { RequestError } from "../service/request.ts";
import { streamInBrowser } from "./browser/browser-engine.ts";
import { type ChatRequest, schemaProblem } from "./chat-body.ts";
import type { ChatEvent } from "./chat-event.ts";
import { type Action, converse } from "./conversation.ts";
import { askedOf, messagesFor } from "./messages.ts";
import type { BrowserChoice } from "./model-select.tsx";
import { streamChat } from "./stream-chat.ts";
import type { Candidate, Conversation } from "./types.ts";
import { type Answers, useAnswers } from "./use-answers.ts";
import { missingIn, textsOf } from "./variables.ts";

export interface AskOptions {
  /** With a model in every column, once the service has told which there are. */
  readonly state: Conversation;
  /** Those that this browser can run by itself, as soon as they are known. */
  readonly browserChoices: () => Promise<readonly BrowserChoice[]>;
  readonly dispatch: Dispatch<Action>;
}

export interface Ask extends Pick<Answers, "running" | "stop"> {
  /** Variables without a value, for which the last try to send was not sent. */
  readonly missing: readonly string[];
  /** Sends the draft to all columns. */
  readonly send: () => void;
  readonly answer: (state: Conversation, candidate: Candidate, turn: string, seed: "own" | "another") => void;
}

/** Asks columns, each at its place, and lets their answers into the conversation. */
export function useAsk({ state, browserChoices, dispatch }: AskOptions): Ask {
  const { running, start, stop } = useAnswers();
  const [missing, setMissing] = useState<readonly string[]>([]);
  const ready = state.candidates.every(({ model }) => model !== "");
  /** Sent before it was known which model is asked: it goes out then. */
  const [waiting, setWaiting] = useState(false);
  useEffect(() => {
    if (!waiting || !ready) return;
    setWaiting(false);
    send();
  });

  function isFilled(asked: Conversation): boolean {
    const lacking = missingIn(textsOf({ ...asked, draft: "" }), asked.variables);
    setMissing(lacking);
    if (lacking.length === 0) return true;
    document.querySelector<HTMLElement>(`[data-variable="${CSS.escape(lacking[0] ?? "")}"]`)?.focus();
    return false;
  }

  function answer(conversation: Conversation, candidate: Candidate, turn: string, how: "own" | "another"): void {
    if (!isFilled(conversation)) return;
    const messages = messagesFor(conversation, candidate, turn);
    const { model, parameters } = candidate;
    const seed = how === "own" ? (parameters.seed ?? drawSeed()) : drawSeed();
    start({
      key: candidate.id,
      seed,
      asked: askedOf(model, messages),
      stream: (signal) => streamFor(candidate, { model, messages, parameters, seed }, browserChoices, signal),
      onChange: (next) => dispatch({ type: "answer", candidate: candidate.id, turn, answer: next }),
    });
  }

  function send(): void {
    if (running.size > 0 || !state.draft.trim()) return;
    if (!ready) {
      setWaiting(true);
      return;
    }
    const action = { type: "ask", id: crypto.randomUUID(), text: state.draft } as const;
    const next = converse(state, action);
    if (!isFilled(next)) return;
    dispatch(action);
    for (const candidate of next.candidates) answer(next, candidate, action.id, "own");
  }

  return { running, missing, send, answer, stop };
}

async function* streamFor(
  { place, device }: Candidate,
  request: ChatRequest,
  browserChoices: AskOptions["browserChoices"],
  signal: AbortSignal,
): AsyncGenerator<ChatEvent> {
  const { format } = request.parameters;
  const wrong = format.type === "json_schema" ? schemaProblem(format.schema) : undefined;
  if (wrong !== undefined)
    throw new RequestError(0, { code: "bad-schema", message: wrong, hint: "Mend the schema under Parameters." });
  if (place === "service") return yield* streamChat(request, signal);
  // Whoever sends as soon as the page is there sends before it knows.
  const file = (await browserChoices()).find(({ name }) => name === request.model);
  if (file === undefined) {
    throw new RequestError(0, {
      code: "not-for-browsers",
      message: `${request.model} can't be run in this browser.`,
      hint: "Choose one of those under In this browser, or the same model on the service.",
    });
  }
  const url = `/api/model-files/${encodeURIComponent(file.name)}`;
  yield* streamInBrowser({ ...file, url: new URL(url, window.location.href).href }, device, request, signal);
}

function drawSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
