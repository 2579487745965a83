"use client";

import { Dices, Pin, RotateCcw } from "lucide-react";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import type { ModelCard } from "../service/types.ts";
import { AnswerFigures } from "./answer-figures.tsx";
import { HeatText } from "./heat-text.tsx";
import { hintFor } from "./problem-hints.ts";
import type { Answer, Candidate } from "./types.ts";

export interface AnswerViewProps {
  readonly candidate: Candidate;
  readonly answer: Answer | undefined;
  readonly model: ModelCard | undefined;
  /** Whether the question has changed since. */
  readonly stale: boolean;
  /** Draws it again with another seed. Absent while this may not be asked. */
  readonly onRetry: (() => void) | undefined;
  /** Asks what stands there now. */
  readonly onAnswer: (() => void) | undefined;
  /** Makes it the answer that every column is given. */
  readonly onPin: (() => void) | undefined;
}

export function AnswerView({ candidate, answer, model, stale, onRetry, onAnswer, onPin }: AnswerViewProps) {
  if (!answer) {
    return (
      <p className="flex flex-wrap items-center gap-2 pl-3.5 text-ink-3">
        Not answered by this column.
        {onAnswer ? (
          <Button kind="quiet" size="sm" onClick={onAnswer}>
            <RotateCcw /> Answer
          </Button>
        ) : null}
      </p>
    );
  }
  const settled = answer.status === "done" || answer.status === "stopped" || answer.status === "failed";
  return (
    <div className="grid gap-3 pl-3.5">
      {answer.status === "waiting" ? <Waiting candidate={candidate} answer={answer} model={model} /> : null}
      {answer.status !== "waiting" && answer.tokens && settled ? (
        <HeatText model={candidate.model} tokens={answer.tokens} />
      ) : null}
      {answer.status !== "waiting" && !(answer.tokens && settled) ? (
        <p className="whitespace-pre-wrap break-words text-md leading-[22px]" data-testid="answer">
          <span className="sr-only">{candidate.model}: </span>
          {answer.text}
          {answer.status === "streaming" ? (
            <span
              aria-hidden
              className="ml-0.5 inline-block h-[15px] w-[7px] translate-y-[2px] animate-caret bg-accent"
            />
          ) : null}
          {settled && answer.text === "" && answer.status !== "failed" ? (
            <span className="text-ink-3">(an empty answer)</span>
          ) : null}
        </p>
      ) : null}
      {answer.problem ? (
        <Notice tone="bad" hint={hintFor(answer.problem)}>
          {answer.problem.message}
        </Notice>
      ) : null}
      {stale && onAnswer ? (
        <p className="flex flex-wrap items-center gap-x-2 text-ink-2 text-xs">
          What was asked has changed since.
          <Button kind="quiet" size="sm" onClick={onAnswer}>
            <RotateCcw /> Answer again
          </Button>
        </p>
      ) : null}
      {answer.status === "waiting" ? null : (
        <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
          <AnswerFigures answer={answer} place={candidate.place} local={model?.architecture !== undefined} />
          {settled ? (
            <div className="-mr-1.5 flex flex-wrap items-center gap-0.5 max-sm:-ml-2.5">
              <CopyButton text={answer.text} what="answer" />
              {onPin && answer.text ? (
                <Button kind="quiet" size="sm" onClick={onPin} title="Give this answer to every column">
                  <Pin /> Use for all
                </Button>
              ) : null}
              {onRetry ? (
                <Button kind="quiet" size="sm" onClick={onRetry}>
                  <Dices /> Another seed
                </Button>
              ) : null}
            </div>
          ) : null}
        </div>
      )}
    </div>
  );
}

/** Why nothing has come yet, as far as it is known. */
function Waiting({ candidate, answer, model }: Pick<AnswerViewProps, "candidate" | "model"> & { answer: Answer }) {
  return (
    <div className="grid gap-2 py-1" role="status" aria-label={`Waiting for ${candidate.model}`}>
      <Skeleton className="h-3 w-4/5" />
      <Skeleton className="h-3 w-3/5" />
      {reasonFor(candidate, answer, model) ? (
        <p className="text-ink-2 text-xs" data-testid="progress">
          {reasonFor(candidate, answer, model)}
        </p>
      ) : null}
    </div>
  );
}

function reasonFor(candidate: Candidate, answer: Answer, model: ModelCard | undefined): string | undefined {
  if (answer.progress) return answer.progress;
  if (candidate.place === "browser" || !model) return undefined;
  if (model.state === "loading") return `${model.id} is being loaded${model.detail ? `: ${model.detail}` : ""}.`;
  return model.state === "idle" ? `${model.id} was not in use: this first request loads it.` : undefined;
}
