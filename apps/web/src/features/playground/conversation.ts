import {
  type Answer,
  type BrowserDevice,
  type Candidate,
  type Conversation,
  defaultParameters,
  mostColumns,
  type Parameters,
  type Place,
} from "./types.ts";

export type Action =
  | { readonly type: "draft"; readonly text: string }
  | { readonly type: "system"; readonly text: string }
  | { readonly type: "variable"; readonly name: string; readonly value: string }
  | { readonly type: "model"; readonly candidate: string; readonly model: string; readonly place: Place }
  | { readonly type: "device"; readonly candidate: string; readonly device: BrowserDevice }
  | { readonly type: "parameters"; readonly candidate: string; readonly change: Partial<Parameters> }
  | { readonly type: "ask"; readonly id: string; readonly text: string }
  | { readonly type: "answer"; readonly candidate: string; readonly turn: string; readonly answer: Answer }
  | { readonly type: "rewrite"; readonly turn: string; readonly text: string }
  | { readonly type: "example"; readonly turn: string; readonly text: string | undefined }
  | { readonly type: "move"; readonly turn: string; readonly by: -1 | 1 }
  | { readonly type: "remove"; readonly turn: string }
  | { readonly type: "edit"; readonly turn: string }
  | { readonly type: "add-column"; readonly model: string }
  | { readonly type: "duplicate-column"; readonly candidate: string }
  | { readonly type: "remove-column"; readonly candidate: string }
  | { readonly type: "clear" }
  | { readonly type: "restore"; readonly state: Conversation };

export function emptyCandidate(id: string, model = ""): Candidate {
  return { id, model, place: "service", device: "auto", parameters: defaultParameters, answers: {} };
}

export function emptyConversation(model = ""): Conversation {
  return { system: "", turns: [], draft: "", variables: {}, candidates: [emptyCandidate("1", model)] };
}

/** How the playground changes. Pure: streams and timers live outside and report by `answer`. */
export function converse(state: Conversation, action: Action): Conversation {
  switch (action.type) {
    case "draft":
      return { ...state, draft: action.text };
    case "system":
      return { ...state, system: action.text };
    case "variable":
      return { ...state, variables: { ...state.variables, [action.name]: action.value } };
    case "model":
      return change(state, action.candidate, (one) => ({ ...one, model: action.model, place: action.place }));
    case "device":
      return change(state, action.candidate, (one) => ({ ...one, device: action.device }));
    case "parameters":
      return change(state, action.candidate, (one) => ({
        ...one,
        parameters: { ...one.parameters, ...action.change },
      }));
    case "ask":
      return { ...state, turns: [...state.turns, { id: action.id, user: action.text }], draft: "" };
    case "answer":
      // A late piece of an answer whose turn is gone belongs nowhere.
      if (!state.turns.some(({ id }) => id === action.turn)) return state;
      return change(state, action.candidate, (one) => ({
        ...one,
        answers: { ...one.answers, [action.turn]: action.answer },
      }));
    case "rewrite":
      return changeTurn(state, action.turn, { user: action.text });
    case "example":
      return changeTurn(state, action.turn, { example: action.text });
    case "move":
      return { ...state, turns: moved(state.turns, action.turn, action.by) };
    case "remove":
      return keepTurns(state, (id) => id !== action.turn);
    case "edit": {
      const at = state.turns.findIndex(({ id }) => id === action.turn);
      if (at < 0) return state;
      const kept = new Set(state.turns.slice(0, at).map(({ id }) => id));
      return { ...keepTurns(state, (id) => kept.has(id)), draft: state.turns[at]?.user ?? state.draft };
    }
    case "add-column":
      return addColumn(state, emptyCandidate("", action.model));
    case "duplicate-column": {
      const original = state.candidates.find(({ id }) => id === action.candidate);
      return original ? addColumn(state, { ...original, answers: {} }, original.id) : state;
    }
    case "remove-column": {
      const left = state.candidates.filter(({ id }) => id !== action.candidate);
      return left.length > 0 ? { ...state, candidates: left } : state;
    }
    case "restore":
      return action.state;
    case "clear":
      return { ...keepTurns(state, () => false), draft: "" };
  }
}

function addColumn(state: Conversation, candidate: Candidate, after?: string): Conversation {
  if (state.candidates.length >= mostColumns) return state;
  const id = String(Math.max(0, ...state.candidates.map((one) => Number(one.id))) + 1);
  const at = state.candidates.findIndex((one) => one.id === after);
  const where = at < 0 ? state.candidates.length : at + 1;
  return { ...state, candidates: state.candidates.toSpliced(where, 0, { ...candidate, id }) };
}

function keepTurns(state: Conversation, keep: (id: string) => boolean): Conversation {
  return {
    ...state,
    turns: state.turns.filter(({ id }) => keep(id)),
    candidates: state.candidates.map((one) => ({
      ...one,
      answers: Object.fromEntries(Object.entries(one.answers).filter(([id]) => keep(id))),
    })),
  };
}

function moved(turns: Conversation["turns"], id: string, by: -1 | 1): Conversation["turns"] {
  const from = turns.findIndex((turn) => turn.id === id);
  const turn = turns[from];
  const to = from + by;
  if (turn === undefined || to < 0 || to >= turns.length) return turns;
  return turns.toSpliced(from, 1).toSpliced(to, 0, turn);
}

function changeTurn(state: Conversation, id: string, fields: { user?: string; example?: string }): Conversation {
  return { ...state, turns: state.turns.map((turn) => (turn.id === id ? { ...turn, ...fields } : turn)) };
}

function change(state: Conversation, id: string, how: (candidate: Candidate) => Candidate): Conversation {
  return { ...state, candidates: state.candidates.map((one) => (one.id === id ? how(one) : one)) };
}
