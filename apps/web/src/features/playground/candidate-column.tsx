"use client";

import { Pencil } from "lucide-react";
import { useEffect, useRef } from "react";
import { Badge } from "../../ui/badge.tsx";
import { IconButton } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { ModelCard } from "../service/types.ts";
import { AnswerView } from "./answer-view.tsx";
import { samples } from "./samples.ts";
import type { Candidate } from "./types.ts";

export interface CandidateColumnProps {
  readonly turns: readonly string[];
  readonly candidate: Candidate;
  readonly model: ModelCard | undefined;
  readonly running: boolean;
  readonly onSample: (text: string) => void;
  readonly onRetry: (turn: number) => void;
  readonly onEdit: (turn: number) => void;
}

/** What one candidate was asked and answered; follows the end while it is in view. */
export function CandidateColumn({ turns, candidate, model, running, onSample, onRetry, onEdit }: CandidateColumnProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const last = candidate.answers.at(-1);

  // biome-ignore lint/correctness/useExhaustiveDependencies: more text or a new turn is what moves the end.
  useEffect(() => {
    const element = scroller.current;
    if (element && following.current) element.scrollTop = element.scrollHeight;
  }, [last?.text, last?.status, turns.length]);

  if (turns.length === 0) return <Start model={model} onSample={onSample} />;
  return (
    <div
      ref={scroller}
      role="log"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys scroll only what has the focus.
      tabIndex={0}
      aria-label={`Conversation with ${candidate.model}`}
      aria-busy={running}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        following.current = scrollHeight - scrollTop - clientHeight < 40;
      }}
      className="min-w-0 overflow-y-auto px-4 focus-visible:outline-offset-[-2px] sm:px-6"
    >
      <div className="mx-auto grid max-w-[720px] gap-8 py-6">
        {turns.map((turn, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a turn is its place in the conversation.
          <article key={at} className="grid gap-4">
            <div className="group flex items-start justify-between gap-2 rounded-lg bg-hover py-2 pr-2 pl-3.5">
              <p className="min-w-0 self-center whitespace-pre-wrap break-words text-md">
                <span className="sr-only">You: </span>
                {turn}
              </p>
              <div className="flex opacity-0 transition-opacity focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100">
                <CopyButton text={turn} what="message" />
                <IconButton label="Edit this message and go on from it" size="sm" onClick={() => onEdit(at)}>
                  <Pencil />
                </IconButton>
              </div>
            </div>
            <AnswerView
              answer={candidate.answers[at]}
              model={candidate.model}
              onRetry={at === turns.length - 1 && !running ? () => onRetry(at) : undefined}
            />
          </article>
        ))}
      </div>
    </div>
  );
}

function Start({
  model,
  onSample,
}: {
  readonly model: ModelCard | undefined;
  readonly onSample: (text: string) => void;
}) {
  return (
    <div className="min-w-0 overflow-y-auto px-4 sm:px-6">
      <div className="mx-auto grid min-h-full max-w-[720px] content-end gap-5 py-6">
        <div className="grid gap-1">
          <h2 className="font-medium text-xl tracking-[-0.012em]">
            {model ? `What does ${model.id} answer?` : "Ask a model"}
          </h2>
          <p className="text-ink-2">
            Small models do one clear thing at a time best: sort, extract, answer in a word. Start from one of these, or
            write your own.
          </p>
        </div>
        {model?.hasChatTemplate === false ? (
          <Notice tone="neutral" hint="It goes on from your words as a text would, and follows no instructions.">
            {model.id} has no chat form.
          </Notice>
        ) : null}
        <ul className="grid gap-px overflow-hidden rounded-lg border border-line bg-line sm:grid-cols-2">
          {samples.map(({ name, text }) => (
            <li key={name} className="grid">
              <button
                type="button"
                onClick={() => onSample(text)}
                className="grid content-start gap-1 bg-surface p-4 text-left transition-colors hover:bg-canvas focus-visible:outline-offset-[-2px]"
              >
                <span className="flex items-center justify-between gap-2 font-medium">{name}</span>
                <span className="line-clamp-2 whitespace-pre-line text-ink-3 text-xs">
                  {text.replaceAll(/\n+/g, "\n")}
                </span>
              </button>
            </li>
          ))}
        </ul>
        {model?.contextLength ? (
          <p className="flex items-center gap-2 text-ink-3 text-xs">
            <Badge>{model.contextLength} tokens</Badge> fit into one conversation, answers included.
          </p>
        ) : null}
      </div>
    </div>
  );
}
