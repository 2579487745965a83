"use client";

import { useSyncExternalStore } from "react";

const never = () => () => undefined;

/** The name of the key that commands are held with here: ⌘ on Apple's machines, Ctrl elsewhere. */
export function useModKey(): "⌘" | "Ctrl" {
  return useSyncExternalStore(
    never,
    () => (/Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl"),
    () => "⌘",
  );
}
