"use client";

import { ArrowUp, Square } from "lucide-react";
import type { KeyboardEvent, Ref } from "react";
import { Button } from "../../ui/button.tsx";
import { Kbd } from "../../ui/kbd.tsx";
import { useModKey } from "../../ui/use-mod-key.ts";

export interface ComposerProps {
  readonly ref: Ref<HTMLTextAreaElement>;
  readonly draft: string;
  readonly running: boolean;
  /** False until there is a model to ask. */
  readonly ready: boolean;
  readonly onDraft: (text: string) => void;
  readonly onSend: () => void;
  readonly onStop: () => void;
}

export function Composer({ ref, draft, running, ready, onDraft, onSend, onStop }: ComposerProps) {
  const mod = useModKey();
  function onKey(event: KeyboardEvent) {
    if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey) || event.nativeEvent.isComposing) return;
    event.preventDefault();
    onSend();
  }
  return (
    <div data-tour="composer" className="shrink-0 px-4 pb-4 sm:px-6 sm:pb-6">
      <form
        className="field-frame mx-auto grid max-w-[720px] rounded-xl shadow-card"
        onSubmit={(event) => {
          event.preventDefault();
          onSend();
        }}
      >
        <textarea
          ref={ref}
          value={draft}
          onChange={(event) => onDraft(event.currentTarget.value)}
          onKeyDown={onKey}
          rows={1}
          aria-label="Message"
          placeholder="Write a message"
          className="field-sizing-content max-h-[32dvh] min-h-11 resize-none bg-transparent px-4 pt-3 pb-1 text-md outline-none pointer-coarse:text-lg"
        />
        <div className="flex items-center justify-end gap-3 py-2 pr-2 pl-4">
          <span className="flex items-center gap-1.5 text-2xs text-ink-3 pointer-coarse:hidden">
            {running ? (
              <>
                <Kbd>Esc</Kbd> stops
              </>
            ) : (
              <>
                <Kbd>{mod}</Kbd>
                <Kbd>Enter</Kbd> sends
              </>
            )}
          </span>
          {running ? (
            <Button onClick={onStop} size="sm">
              <Square className="fill-current" /> Stop
            </Button>
          ) : (
            <Button type="submit" kind="primary" size="sm" disabled={!ready || !draft.trim()}>
              <ArrowUp /> Send
            </Button>
          )}
        </div>
      </form>
    </div>
  );
}
