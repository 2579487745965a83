"use client";

import { useCallback, useLayoutEffect, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Field, Textarea } from "../../ui/field.tsx";
import { Kbd } from "../../ui/kbd.tsx";
import { Panel } from "../../ui/panel.tsx";
import { AnswerDiff } from "../evaluations/answer-diff.tsx";
import { inputText } from "../evaluations/input-text.ts";
import type { Item, Next, Said, Side } from "./types.ts";

const sides: Readonly<Record<string, Side>> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "tie",
  ArrowDown: "neither",
};

export interface JudgeProps {
  readonly item: Item;
  readonly next: Next;
  readonly busy: boolean;
  readonly onSay: (said: Said) => void;
}

/** One item: what was asked, what was answered, and a key for each judgement. */
export function Judge({ busy, item, next, onSay }: JudgeProps) {
  const [correction, setCorrection] = useState("");
  const [marked, setMarked] = useState(true);
  const begun = useRef(Date.now());
  const say = useCallback(
    (said: { readonly preferred?: Side; readonly rating?: number }) => {
      const seconds = Math.min(86_400, (Date.now() - begun.current) / 1000);
      onSay({ ...said, seconds, correction: correction.trim() === "" ? null : correction });
    },
    [correction, onSay],
  );
  // Before the page is painted: who sees a button that can be pressed can press its key.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
      if (typing || event.metaKey || event.ctrlKey || event.altKey || event.repeat) return;
      const side = sides[event.key];
      const digit = Number(event.key);
      if (next.kind === "pairs" && side !== undefined) {
        event.preventDefault();
        say({ preferred: side });
      } else if (next.kind === "pairs" && event.key === "d") {
        setMarked((before) => !before);
      } else if (next.kind === "rating" && digit >= 1 && digit <= next.highest) {
        event.preventDefault();
        say({ rating: digit });
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [next.highest, next.kind, say]);
  const { left, right } = item;
  return (
    <>
      <Panel title="What was asked">
        <p className="whitespace-pre-wrap break-words">{inputText(item.input)}</p>
        {item.expected === null || next.kind === "pairs" ? null : (
          <p className="mt-3 border-line border-t pt-3 text-ink-2 text-xs">
            Expected: <span className="font-mono">{inputText(item.expected)}</span>
          </p>
        )}
      </Panel>
      <div className={`grid gap-4 ${right === null ? "" : "sm:grid-cols-2"}`}>
        <Panel title={right === null ? "Answer" : "Left"}>
          <p className="whitespace-pre-wrap break-words font-mono text-sm">
            <AnswerDiff text={left} against={marked && right !== null ? right : undefined} />
          </p>
        </Panel>
        {right === null ? null : (
          <Panel title="Right">
            <p className="whitespace-pre-wrap break-words font-mono text-sm">
              <AnswerDiff text={right} against={marked ? left : undefined} />
            </p>
          </Panel>
        )}
      </div>
      {next.kind === "pairs" ? (
        <div className="flex flex-wrap gap-2">
          <Button disabled={busy} onClick={() => say({ preferred: "left" })}>
            Left <Kbd>←</Kbd>
          </Button>
          <Button disabled={busy} onClick={() => say({ preferred: "right" })}>
            Right <Kbd>→</Kbd>
          </Button>
          <Button disabled={busy} onClick={() => say({ preferred: "tie" })}>
            Equally good <Kbd>↑</Kbd>
          </Button>
          <Button disabled={busy} onClick={() => say({ preferred: "neither" })}>
            Neither <Kbd>↓</Kbd>
          </Button>
          <Button kind="quiet" aria-pressed={marked} onClick={() => setMarked(!marked)}>
            Mark what differs <Kbd>D</Kbd>
          </Button>
        </div>
      ) : (
        <div className="grid gap-4">
          <Field label="A better answer" hint="Optional: it becomes the expected answer of an example">
            {(control) => (
              <Textarea
                {...control}
                rows={3}
                value={correction}
                onChange={({ target }) => setCorrection(target.value)}
              />
            )}
          </Field>
          <div className="flex flex-wrap gap-2">
            {Array.from({ length: next.highest }, (_, i) => i + 1).map((rating) => (
              <Button
                key={rating}
                disabled={busy}
                aria-label={`${rating} of ${next.highest}`}
                onClick={() => say({ rating })}
              >
                <Kbd>{String(rating)}</Kbd>
                {rating === 1 ? "bad" : rating === next.highest ? "very good" : ""}
              </Button>
            ))}
          </div>
        </div>
      )}
    </>
  );
}
