"use client";

import { useEffect, useRef } from "react";
import { cx } from "../../ui/class-names.ts";
import type { ModelCard } from "../service/types.ts";
import { AnswerView } from "./answer-view.tsx";
import { ColumnHeader, type ColumnHeaderProps } from "./column-header.tsx";
import { EmptyColumn } from "./empty-column.tsx";
import { isStale } from "./messages.ts";
import type { Sample } from "./samples.ts";
import { type TurnActions, TurnView } from "./turn-view.tsx";
import type { Conversation } from "./types.ts";

export interface CandidateColumnProps extends TurnActions {
  readonly conversation: Conversation;
  readonly header: ColumnHeaderProps;
  readonly model: ModelCard | undefined;
  readonly selected: boolean;
  readonly onSelect: () => void;
  readonly onSample: (sample: Sample) => void;
  /** Asks a turn: with the column's own seed, or with another. */
  readonly onAnswer: (turn: string, seed: "own" | "another") => void;
  readonly onPin: (turn: string, text: string) => void;
}

/** One column: what it was asked and answered; follows the end while that is in view. */
export function CandidateColumn(props: CandidateColumnProps) {
  const { conversation, header, model, selected, onSelect, onSample, onAnswer, onPin, ...actions } = props;
  const { candidate, running, number } = header;
  const { turns, variables } = conversation;
  const scroller = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const last = turns.at(-1);
  const answer = last && candidate.answers[last.id];
  const name = `Column ${number}: ${candidate.model}`;

  // biome-ignore lint/correctness/useExhaustiveDependencies: more text or a new turn is what moves the end.
  useEffect(() => {
    const element = scroller.current;
    if (element && following.current) element.scrollTop = element.scrollHeight;
  }, [answer?.text, answer?.status, turns.length]);

  return (
    <section
      aria-label={name}
      data-column={number}
      onFocusCapture={onSelect}
      onPointerDownCapture={onSelect}
      className={cx(
        "flex w-full shrink-0 snap-start flex-col lg:w-auto lg:min-w-[288px] lg:flex-1 lg:shrink",
        selected && header.columns > 1 && "bg-surface",
      )}
    >
      <ColumnHeader {...header} />
      {turns.length === 0 ? (
        <EmptyColumn model={model} teaches={number === 1} onSample={onSample} />
      ) : (
        <div
          ref={scroller}
          role="log"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys scroll only what has the focus.
          tabIndex={0}
          aria-label={`Conversation with ${candidate.model}${header.columns > 1 ? ` in column ${number}` : ""}`}
          aria-busy={running}
          onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
            following.current = scrollHeight - scrollTop - clientHeight < 40;
          }}
          className="relative min-h-0 min-w-0 grow overflow-y-auto px-4 focus-visible:outline-offset-[-2px] sm:px-6"
        >
          <div className="mx-auto grid max-w-[720px] gap-8 py-6">
            {turns.map((turn, at) => (
              <article key={turn.id} className="grid gap-4">
                <TurnView
                  turn={turn}
                  variables={variables}
                  first={at === 0}
                  last={at === turns.length - 1}
                  {...actions}
                />
                {turn.example === undefined ? (
                  <AnswerView
                    candidate={candidate}
                    answer={candidate.answers[turn.id]}
                    model={model}
                    stale={isStale(conversation, candidate, turn.id)}
                    onRetry={at === turns.length - 1 && !running ? () => onAnswer(turn.id, "another") : undefined}
                    onAnswer={running ? undefined : () => onAnswer(turn.id, "own")}
                    onPin={
                      header.columns > 1 && at < turns.length
                        ? () => onPin(turn.id, candidate.answers[turn.id]?.text ?? "")
                        : undefined
                    }
                  />
                ) : (
                  <div className="grid gap-1 pl-3.5">
                    <p className="whitespace-pre-wrap break-words text-md leading-[22px]">{turn.example}</p>
                    <p className="text-ink-3 text-xs">Given to every column as the answer.</p>
                  </div>
                )}
              </article>
            ))}
          </div>
        </div>
      )}
    </section>
  );
}
