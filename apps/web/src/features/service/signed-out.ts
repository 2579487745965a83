import { useSyncExternalStore } from "react";

type State = "signed-in" | "asking" | "later";

let state: State = "signed-in";
const listeners = new Set<() => void>();

function become(next: State): void {
  if (next === state) return;
  state = next;
  for (const listener of listeners) listener();
}

/**
 * Says that an answer was 401. What a person did ("act") asks them to sign in again every time; what the page looks up
 * by itself ("look") asks once, and not again after they put it off.
 */
export function reportSignedOut(cause: "act" | "look"): void {
  if (cause === "act" || state === "signed-in") become("asking");
}

export function putOffSignIn(): void {
  become("later");
}

export function reportSignedIn(): void {
  become("signed-in");
}

/** Whether the page should ask to sign in again. */
export function useAsksToSignIn(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => state === "asking",
    () => false,
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
