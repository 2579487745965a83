"use client";

import { useEffect, useRef } from "react";

export interface PlaygroundKeys {
  readonly running: boolean;
  readonly onStop: () => void;
  readonly onSend: () => void;
}

/** ⌘Enter or Ctrl+Enter sends from anywhere on the page; Esc stops what runs. A dialog that is open takes its own keys. */
export function usePlaygroundKeys(keys: PlaygroundKeys): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      const { running, onStop, onSend } = latest.current;
      if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
      if (event.key === "Escape" && running) onStop();
      if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
        event.preventDefault();
        onSend();
      }
    }
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
