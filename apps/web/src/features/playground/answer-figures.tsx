import { Hash } from "lucide-react";
import { CopyButton } from "../../ui/copy-button.tsx";
import { duration, type Figure, formatCount } from "../../ui/format.ts";
import { costOf } from "./cost.ts";
import { rateOf } from "./messages.ts";
import type { Answer, Place } from "./types.ts";

const reasons: Readonly<Record<string, string>> = {
  stop: "finished",
  length: "cut at max tokens",
  stopped: "stopped by you",
  tool_calls: "calls a tool",
  content_filter: "cut by a content filter",
};

export interface AnswerFiguresProps {
  readonly answer: Answer;
  readonly place: Place;
  /** Whether the model runs on the service's own machine. */
  readonly local: boolean;
}

export function AnswerFigures({ answer, place, local }: AnswerFiguresProps) {
  const rate = rateOf(answer);
  const cached = answer.cachedTokens ? ` (${formatCount(answer.cachedTokens)} cached)` : "";
  const cost = costOf(answer, place, local);
  const figures: readonly { readonly name: string; readonly figure: Figure | undefined; readonly title?: string }[] = [
    {
      name: "TTFT",
      figure: answer.ttftMs === undefined ? undefined : duration(answer.ttftMs),
      title: "Time to first token, from sending to the first text in this browser",
    },
    {
      name: "read",
      figure: answer.promptTokens === undefined ? undefined : { value: formatCount(answer.promptTokens) },
      title: `Tokens of the prompt${cached}`,
    },
    {
      name: "tokens",
      figure: answer.completionTokens === undefined ? undefined : { value: formatCount(answer.completionTokens) },
      title: "Tokens of the answer",
    },
    {
      name: "tok/s",
      figure: rate === undefined ? undefined : { value: formatCount(Math.round(rate.tokensPerSecond)) },
      title:
        rate?.over === "whole"
          ? "Tokens over the whole time: the answer came all at once"
          : "Decode speed: tokens after the first, over the time they took",
    },
    { name: "cost", figure: cost && { value: cost.value }, title: cost?.title },
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
            <dt className={name === "cost" ? "sr-only" : "order-2 text-ink-3"}>
              {figure.unit ? `${figure.unit} ${name}` : name}
            </dt>
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
