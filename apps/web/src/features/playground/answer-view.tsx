"use client";

import { Dices, Hash } from "lucide-react";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { duration, type Figure, formatCount } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { tokensPerSecond } from "./conversation.ts";
import type { Answer } from "./types.ts";

export interface AnswerViewProps {
  readonly answer: Answer | undefined;
  readonly model: string;
  /** Present when this answer may be drawn again. */
  readonly onRetry: (() => void) | undefined;
}

export function AnswerView({ answer, model, onRetry }: AnswerViewProps) {
  if (!answer) return <p className="pl-3.5 text-ink-3">Not answered by this model.</p>;
  const settled = answer.status === "done" || answer.status === "stopped" || answer.status === "failed";
  return (
    <div className="grid gap-3 pl-3.5">
      {answer.status === "waiting" ? (
        <div className="grid gap-2 py-1" role="status" aria-label={`Waiting for ${model}`}>
          <Skeleton className="h-3 w-4/5" />
          <Skeleton className="h-3 w-3/5" />
        </div>
      ) : (
        <p className="whitespace-pre-wrap break-words text-md leading-[22px]" data-testid="answer">
          <span className="sr-only">{model}: </span>
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
      )}
      {answer.problem ? (
        <Notice tone="bad" hint={answer.problem.hint}>
          {answer.problem.message}
        </Notice>
      ) : null}
      {answer.status === "waiting" ? null : (
        <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
          <AnswerFigures answer={answer} />
          {settled ? (
            <div className="-mr-1.5 flex items-center gap-0.5 max-sm:-ml-2.5">
              <CopyButton text={answer.text} what="answer" />
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

const reasons: Readonly<Record<string, string>> = {
  stop: "finished",
  length: "cut at max tokens",
  stopped: "stopped by you",
  tool_calls: "calls a tool",
};

function AnswerFigures({ answer }: { readonly answer: Answer }) {
  const rate = tokensPerSecond(answer);
  const cached = answer.cachedTokens ? ` (${formatCount(answer.cachedTokens)} cached)` : "";
  const figures: readonly { readonly name: string; readonly figure: Figure | undefined; readonly title?: string }[] = [
    {
      name: "TTFT",
      figure: answer.ttftMs === undefined ? undefined : duration(answer.ttftMs),
      title: "Time to first token, from sending to the first text in this browser",
    },
    {
      name: "tokens",
      figure: answer.completionTokens === undefined ? undefined : { value: formatCount(answer.completionTokens) },
      title: answer.promptTokens === undefined ? undefined : `${formatCount(answer.promptTokens)} tokens read${cached}`,
    },
    {
      name: "tok/s",
      figure: rate === undefined ? undefined : { value: formatCount(Math.round(rate)) },
      title: "Decode speed: tokens after the first, over the time they took",
    },
    {
      name: "seed",
      figure: answer.ttftMs === undefined && answer.status === "done" ? undefined : { value: String(answer.seed) },
    },
  ];
  return (
    <dl className="flex min-h-7 flex-wrap items-center gap-x-4 gap-y-1 text-xs" data-testid="figures">
      {figures.map(({ name, figure, title }) =>
        figure ? (
          <div key={name} title={title} className="flex gap-1">
            <dt className="order-2 text-ink-3">{figure.unit ? `${figure.unit} ${name}` : name}</dt>
            <dd className="font-medium text-ink-2">{figure.value}</dd>
          </div>
        ) : null,
      )}
      {answer.finishReason ? (
        <div>
          <dt className="sr-only">Finish reason</dt>
          <dd className="text-ink-3" data-reason={answer.finishReason}>
            {reasons[answer.finishReason] ?? answer.finishReason}
          </dd>
        </div>
      ) : null}
      {answer.requestId ? (
        <div className="-ml-2 flex items-center">
          <dt className="sr-only">Request id</dt>
          <dd className="-my-1">
            <span className="sr-only">{answer.requestId}</span>
            <CopyButton text={answer.requestId} what="request id" icon={<Hash />} />
          </dd>
        </div>
      ) : null}
    </dl>
  );
}
