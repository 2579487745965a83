/** A text with what it was before, so that each change can be taken back. */
export interface Draft {
  readonly text: string;
  readonly past: readonly string[];
  readonly future: readonly string[];
  /** Whether the last change was typed: typing on is one change with it. */
  readonly isTyping: boolean;
}

export type DraftChange =
  | { readonly kind: "type"; readonly text: string }
  | { readonly kind: "set"; readonly text: string }
  | { readonly kind: "undo" }
  | { readonly kind: "redo" }
  /** Nobody types any more: what comes next is a change of its own. */
  | { readonly kind: "settle" };

/** Changes that can be taken back. */
const mostPast = 200;

export function newDraft(text: string): Draft {
  return { text, past: [], future: [], isTyping: false };
}

export function changeDraft(draft: Draft, change: DraftChange): Draft {
  const { future, isTyping, past, text } = draft;
  switch (change.kind) {
    case "settle":
      return isTyping ? { ...draft, isTyping: false } : draft;
    case "type":
    case "set": {
      if (change.text === text) return draft;
      const kept = change.kind === "type" && isTyping ? past : [...past, text].slice(-mostPast);
      return { text: change.text, past: kept, future: [], isTyping: change.kind === "type" };
    }
    case "undo": {
      const before = past.at(-1);
      if (before === undefined) return draft;
      return { text: before, past: past.slice(0, -1), future: [text, ...future], isTyping: false };
    }
    case "redo": {
      const [next, ...rest] = future;
      if (next === undefined) return draft;
      return { text: next, past: [...past, text], future: rest, isTyping: false };
    }
  }
}
