"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { Dialog } from "../../ui/dialog.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { AnswerDiff } from "./answer-diff.tsx";
import { inputText } from "./input-text.ts";
import { ScoreBadge } from "./score-badge.tsx";
import { milliseconds } from "./words.ts";

export interface WholeExampleProps {
  readonly evaluation: string;
  readonly position: number;
  readonly onClose: () => void;
}

/** One example: what was asked and expected, each answer against it, why it was scored so, and its trace. */
export function WholeExample({ evaluation, onClose, position }: WholeExampleProps) {
  const trpc = useTRPC();
  const found = useQuery(trpc.evaluations.example.queryOptions({ id: evaluation, position })).data;
  const expected = found === undefined || found.expected === null ? undefined : inputText(found.expected);
  return (
    <Dialog open shape="wide" onClose={onClose} title={`Example ${position}`}>
      {found ? (
        <div className="grid gap-4">
          <section className="grid gap-1">
            <h3 className="text-ink-3 text-xs">What was asked</h3>
            <p className="whitespace-pre-wrap break-words">{inputText(found.input)}</p>
          </section>
          {expected === undefined ? null : (
            <section className="grid gap-1">
              <h3 className="text-ink-3 text-xs">Expected</h3>
              <p className="whitespace-pre-wrap break-words rounded-md bg-sunken px-3 py-2 font-mono text-sm">
                {expected}
              </p>
            </section>
          )}
          {found.answers.map(({ callId, candidate, costMicroUsd, error, latencyMs, outputTokens, scores, text }) => (
            <section key={candidate} className="grid gap-1.5 border-line border-t pt-3">
              <h3 className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <span className="font-medium">{candidate}</span>
                <span className="text-ink-3 text-xs tabular-nums">
                  {milliseconds(latencyMs)}, {outputTokens} tokens, ${(costMicroUsd / 1e6).toFixed(6)}
                </span>
                <Link
                  href={`/traces/${callId}`}
                  className="focus-ring ml-auto rounded-sm text-accent text-xs underline"
                >
                  Trace
                </Link>
              </h3>
              {error === null ? (
                <p className="whitespace-pre-wrap break-words font-mono text-sm">
                  <AnswerDiff text={text ?? ""} against={expected} />
                </p>
              ) : (
                <p className="text-bad">{error}</p>
              )}
              <ul className="grid gap-1">
                {scores.map(({ evaluator, reason, value }) => (
                  <li key={evaluator} className="flex items-baseline gap-2 text-xs">
                    <span className="shrink-0 text-ink-3">{evaluator}</span>
                    <ScoreBadge failed={text === null} score={value} />
                    {reason ? <span className="min-w-0 break-words text-ink-2">{reason}</span> : null}
                  </li>
                ))}
              </ul>
            </section>
          ))}
        </div>
      ) : (
        <Skeleton className="h-40" />
      )}
    </Dialog>
  );
}
