"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Select } from "../../ui/field.tsx";
import { ScrollRegion } from "../../ui/scroll-region.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { Figures } from "./types.ts";
import { latency, scoreText } from "./words.ts";

/** Of a plan, what its evidence is asked by. */
export interface Evident {
  readonly name: string;
  readonly figures: Figures;
  readonly steps: readonly string[];
  readonly branches?: readonly { readonly name: string }[];
}

interface EvidenceProps {
  readonly task: string;
  readonly entry: Evident;
  onClose(): void;
}

/** What stands behind a plan's figures: each answer of a step, the wrong ones first. */
export function Evidence({ entry, onClose, task }: EvidenceProps) {
  const trpc = useTRPC();
  const [step, setStep] = useState(entry.steps.at(-1) ?? "");
  const query = useQuery(trpc.tasks.evidence.queryOptions({ name: task, candidate: step }));
  const answers = [...(query.data?.answers ?? [])].sort((a, b) => a.score - b.score);
  const refusal = query.error ? problemOf(query.error) : undefined;
  return (
    <Dialog
      open
      title={entry.name}
      description={`What it answered, the wrong ones first. ${scoreText(entry.figures.score)} on ${entry.figures.n} held-out examples.`}
      onClose={onClose}
    >
      {entry.steps.length > 1 ? (
        <Field label="Answers of" className="mb-3">
          {(control) => (
            <Select {...control} value={step} onChange={(event) => setStep(event.currentTarget.value)}>
              {entry.steps.map((key, i) => (
                <option key={key} value={key}>
                  {entry.branches?.[i]?.name ?? `step ${i + 1}`}
                </option>
              ))}
            </Select>
          )}
        </Field>
      ) : null}
      <ScrollRegion label="Answers" className="max-h-[60vh] overflow-auto">
        {query.isPending ? <Skeleton className="h-32" /> : null}
        {refusal ? <p className="text-bad">{refusal.message}</p> : null}
        {query.data && answers.length === 0 ? (
          <p className="text-ink-2">These answers are not kept any more: the examples have changed since.</p>
        ) : null}
        <ul className="divide-y divide-line">
          {answers.map((one) => (
            <li key={`${one.input} ${one.expected}`} className="grid gap-0.5 py-2">
              <span className="break-words">{one.input}</span>
              <span className="text-xs">
                <span className={one.score >= 1 ? "text-good" : "text-bad"}>
                  {one.score >= 1 ? "✓" : "✗"} {one.answer}
                </span>
                {one.score >= 1 ? null : <span className="text-ink-2"> expected {one.expected}</span>}
                <span className="text-ink-3">
                  {" "}
                  {latency(one.latencyMs)}
                  {one.confidence === null ? "" : `, confidence ${one.confidence.toFixed(2)}`}
                </span>
              </span>
            </li>
          ))}
        </ul>
      </ScrollRegion>
    </Dialog>
  );
}
