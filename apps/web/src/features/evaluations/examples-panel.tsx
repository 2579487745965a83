"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Input, Select } from "../../ui/field.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { AnswerDiff } from "./answer-diff.tsx";
import type { EvaluationDetail, ExampleRow } from "./types.ts";

const pageSize = 10;

/** Where candidates differ: their answers side by side, the widest disagreement first. */
export function ExamplesPanel({ evaluation }: { readonly evaluation: EvaluationDetail }) {
  const trpc = useTRPC();
  const [slice, setSlice] = useState("");
  const [text, setText] = useState("");
  const [offset, setOffset] = useState(0);
  const page = useQuery(
    trpc.evaluations.examples.queryOptions(
      { id: evaluation.id, offset, limit: pageSize, ...(slice !== "" && { slice }), ...(text !== "" && { text }) },
      { placeholderData: keepPreviousData },
    ),
  );
  const slices = evaluation.summary?.slices.map(({ name }) => name) ?? [];
  const { rows = [], total = 0 } = page.data ?? {};
  return (
    <Panel title="Examples" note="where they differ the most first">
      <div className="grid gap-4">
        <div className="flex flex-wrap gap-2">
          <Select
            aria-label="Part of the examples"
            value={slice}
            onChange={({ target }) => {
              setSlice(target.value);
              setOffset(0);
            }}
          >
            <option value="">All examples</option>
            {slices.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
          <Input
            aria-label="Find in the examples"
            placeholder="Find"
            className="w-48"
            value={text}
            onChange={({ target }) => {
              setText(target.value);
              setOffset(0);
            }}
          />
        </div>
        {rows.length === 0 ? (
          <p className="py-6 text-center text-ink-2">No example fits.</p>
        ) : (
          <ol className="grid gap-3">
            {rows.map((row) => (
              <SideBySide key={row.position} row={row} candidates={evaluation.candidates} />
            ))}
          </ol>
        )}
        <div className="flex items-center justify-between gap-2 text-ink-3 text-xs">
          <span className="tabular-nums">
            {total === 0 ? 0 : offset + 1} – {Math.min(total, offset + pageSize)} of {total.toLocaleString("en")}
          </span>
          <span className="flex gap-2">
            <Button size="sm" disabled={offset === 0} onClick={() => setOffset(Math.max(0, offset - pageSize))}>
              Before
            </Button>
            <Button size="sm" disabled={offset + pageSize >= total} onClick={() => setOffset(offset + pageSize)}>
              Next
            </Button>
          </span>
        </div>
      </div>
    </Panel>
  );
}

function SideBySide({ candidates, row }: { readonly candidates: readonly string[]; readonly row: ExampleRow }) {
  const [first] = row.texts;
  return (
    <li className="grid gap-2 rounded-md border border-line p-3">
      <p className="line-clamp-3 text-ink-2">{row.preview}</p>
      <div className="grid gap-2 sm:grid-cols-2 lg:grid-cols-3">
        {candidates.map((name, i) => (
          <div key={name} className="grid min-w-0 content-start gap-1 rounded-sm bg-canvas p-2">
            <div className="flex items-center justify-between gap-2 text-xs">
              <span className="truncate text-ink-3">{name}</span>
              <ScoreBadge failed={row.failed[i] ?? false} score={row.scores[i]?.[0] ?? null} />
            </div>
            <p className="line-clamp-6 whitespace-pre-wrap break-words font-mono text-xs">
              <AnswerDiff text={row.texts[i] ?? ""} against={i === 0 ? undefined : first} />
            </p>
          </div>
        ))}
      </div>
    </li>
  );
}

function ScoreBadge({ failed, score }: { readonly failed: boolean; readonly score: number | null }) {
  if (failed) return <Badge tone="bad">failed</Badge>;
  if (score === null) return <Badge>not judged</Badge>;
  if (score === 1) return <Badge tone="good">right</Badge>;
  return score === 0 ? <Badge tone="bad">wrong</Badge> : <Badge tone="warn">{Math.round(100 * score)} %</Badge>;
}
