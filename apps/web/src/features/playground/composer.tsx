"use client";

import { ArrowUp, Square } from "lucide-react";
import type { Ref } from "react";
import { Button } from "../../ui/button.tsx";
import { Kbd } from "../../ui/kbd.tsx";
import { useModKey } from "../../ui/use-mod-key.ts";
import { VariablesForm } from "./variables-form.tsx";

export interface ComposerProps {
  readonly ref: Ref<HTMLTextAreaElement>;
  readonly draft: string;
  readonly running: boolean;
  readonly columns: number;
  /** False until it is known what the page opens with: what was written before would give way to that. */
  readonly open: boolean;
  /** False until there is a model to ask in every column. */
  readonly ready: boolean;
  /** The variables of the whole prompt, in order. */
  readonly names: readonly string[];
  readonly values: Readonly<Record<string, string>>;
  /** Of the names, those that were needed and had no value when it was sent. */
  readonly missing: readonly string[];
  readonly onDraft: (text: string) => void;
  readonly onVariable: (name: string, value: string) => void;
  readonly onSend: () => void;
  readonly onStop: () => void;
}

export function Composer(props: ComposerProps) {
  const { ref, draft, running, columns, open, ready, names, values, missing, onDraft, onVariable, onSend, onStop } =
    props;
  const mod = useModKey();
  return (
    <div data-tour="composer" className="shrink-0 px-4 pt-3 pb-4 sm:px-6 sm:pb-6">
      <form
        className="field-frame mx-auto grid max-w-[720px] rounded-xl shadow-card"
        onSubmit={(event) => {
          event.preventDefault();
          onSend();
        }}
      >
        {names.length > 0 ? (
          <VariablesForm names={names} values={values} missing={missing} onChange={onVariable} />
        ) : null}
        <textarea
          ref={ref}
          value={draft}
          onChange={(event) => onDraft(event.currentTarget.value)}
          rows={1}
          readOnly={!open}
          aria-label="Message"
          placeholder="Write a message; {{name}} makes a variable"
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
              <Square className="fill-current" /> {columns > 1 ? "Stop all" : "Stop"}
            </Button>
          ) : (
            <Button type="submit" kind="primary" size="sm" disabled={!open || !ready || !draft.trim()}>
              <ArrowUp /> {columns > 1 ? `Send to ${columns}` : "Send"}
            </Button>
          )}
        </div>
      </form>
    </div>
  );
}
