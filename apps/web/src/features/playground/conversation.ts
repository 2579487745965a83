import {
  type Answer,
  type Candidate,
  type Conversation,
  defaultParameters,
  type Message,
  type Parameters,
} from "./types.ts";

export type Action =
  | { readonly type: "draft"; readonly text: string }
  | { readonly type: "system"; readonly text: string }
  | { readonly type: "model"; readonly candidate: string; readonly model: string }
  | { readonly type: "parameters"; readonly candidate: string; readonly change: Partial<Parameters> }
  | { readonly type: "ask"; readonly text: string }
  | { readonly type: "answer"; readonly candidate: string; readonly turn: number; readonly answer: Answer }
  | { readonly type: "edit"; readonly turn: number }
  | { readonly type: "clear" }
  | { readonly type: "restore"; readonly state: Conversation };

export function emptyConversation(model = ""): Conversation {
  return {
    system: "",
    turns: [],
    draft: "",
    candidates: [{ id: "1", model, parameters: defaultParameters, answers: [] }],
  };
}

/** How the playground changes. Pure: streams and timers live outside and report by `answer`. */
export function converse(state: Conversation, action: Action): Conversation {
  switch (action.type) {
    case "draft":
      return { ...state, draft: action.text };
    case "system":
      return { ...state, system: action.text };
    case "model":
      return change(state, action.candidate, (candidate) => ({ ...candidate, model: action.model }));
    case "parameters":
      return change(state, action.candidate, (candidate) => ({
        ...candidate,
        parameters: { ...candidate.parameters, ...action.change },
      }));
    case "ask":
      return { ...state, turns: [...state.turns, action.text], draft: "" };
    case "answer":
      // A late piece of an answer whose turn was edited away belongs nowhere.
      if (action.turn >= state.turns.length) return state;
      return change(state, action.candidate, (candidate) => {
        const answers = Array.from({ length: state.turns.length }, (_, turn) => candidate.answers[turn]);
        answers[action.turn] = action.answer;
        return { ...candidate, answers };
      });
    case "edit":
      return {
        ...state,
        draft: state.turns[action.turn] ?? state.draft,
        turns: state.turns.slice(0, action.turn),
        candidates: state.candidates.map((candidate) => ({
          ...candidate,
          answers: candidate.answers.slice(0, action.turn),
        })),
      };
    case "restore":
      return action.state;
    case "clear":
      return {
        ...state,
        turns: [],
        draft: "",
        candidates: state.candidates.map((candidate) => ({ ...candidate, answers: [] })),
      };
  }
}

/** The messages that lead up to (and include) the user's message of `turn`, as one candidate saw the conversation. */
export function messagesFor(state: Conversation, candidate: Candidate, turn: number): readonly Message[] {
  const messages: Message[] = [];
  if (state.system.trim()) messages.push({ role: "system", content: state.system });
  for (let at = 0; at <= turn; at++) {
    const user = state.turns[at];
    if (user === undefined) break;
    messages.push({ role: "user", content: user });
    const answer = at < turn ? candidate.answers[at] : undefined;
    // A turn that failed left nothing; two messages of the user in a row are what was said.
    if (answer?.text) messages.push({ role: "assistant", content: answer.text });
  }
  return messages;
}

/** Decode speed as the field counts it: the first token belongs to the prefill. Undefined for fewer than two tokens. */
export function tokensPerSecond(answer: Answer): number | undefined {
  const { completionTokens: tokens, decodeMs } = answer;
  if (tokens === undefined || tokens < 2 || !decodeMs) return undefined;
  return ((tokens - 1) / decodeMs) * 1000;
}

function change(state: Conversation, id: string, how: (candidate: Candidate) => Candidate): Conversation {
  return {
    ...state,
    candidates: state.candidates.map((candidate) => (candidate.id === id ? how(candidate) : candidate)),
  };
}
