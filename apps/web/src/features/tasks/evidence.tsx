"use client";

import { useQuery } from "@tanstack/react-query";
import { Dialog } from "../../ui/dialog.tsx";
import { ScrollRegion } from "../../ui/scroll-region.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { useTRPC } from "../service/trpc.tsx";
import type { Entry } from "./types.ts";
import { latency, scoreText } from "./words.ts";

/** What stands behind a plan's figures: each answer of its last step, the wrong ones first. */
export function Evidence({ entry, onClose, task }: { readonly task: string; readonly entry: Entry; onClose(): void }) {
  const trpc = useTRPC();
  const candidate = entry.steps.at(-1) ?? entry.key;
  const query = useQuery(trpc.tasks.evidence.queryOptions({ name: task, candidate }));
  const answers = [...(query.data?.answers ?? [])].sort((a, b) => a.score - b.score);
  return (
    <Dialog
      open
      title={entry.name}
      description={`What it answered, the wrong ones first. ${scoreText(entry.figures.score)} on ${entry.figures.n} held-out examples.`}
      onClose={onClose}
    >
      <ScrollRegion label="Answers" className="max-h-[60vh] overflow-auto">
        {query.isPending ? <Skeleton className="h-32" /> : null}
        <ul className="divide-y divide-line">
          {answers.map((one) => (
            <li key={one.input} className="grid gap-0.5 py-2">
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
