"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Input, Select } from "../../ui/field.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { AnswerDiff } from "./answer-diff.tsx";
import { ScoreBadge } from "./score-badge.tsx";
import type { EvaluationDetail, ExampleRow } from "./types.ts";
import { WholeExample } from "./whole-example.tsx";

const pageSize = 10;

export interface ExamplesPanelProps {
  readonly evaluation: EvaluationDetail;
  /** The number of the one whose scores are shown. */
  readonly evaluator: number;
}

/** Where candidates differ: their answers side by side, the widest disagreement first. */
export function ExamplesPanel({ evaluation, evaluator }: ExamplesPanelProps) {
  const trpc = useTRPC();
  const [slice, setSlice] = useState("");
  const [text, setText] = useState("");
  const [outcome, setOutcome] = useState("");
  const [order, setOrder] = useState<"disagreement" | "position">("disagreement");
  const [offset, setOffset] = useState(0);
  const [open, setOpen] = useState<number>();
  const [candidate, over] = outcome.split(" ");
  const page = useQuery(
    trpc.evaluations.examples.queryOptions(
      {
        id: evaluation.id,
        offset,
        limit: pageSize,
        order,
        evaluator,
        ...(slice !== "" && { slice }),
        ...(text !== "" && { text }),
        ...(outcome !== "" && { candidate: Number(candidate) }),
        ...(over !== undefined && { over: Number(over) }),
      },
      { placeholderData: keepPreviousData },
    ),
  );
  const slices = evaluation.summary?.slices.map(({ name }) => name) ?? [];
  const { rows = [], total = 0 } = page.data ?? {};
  return (
    <Panel title="Examples" note={order === "disagreement" ? "where they differ the most first" : "in their order"}>
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
          <Select
            aria-label="Outcome of the examples"
            value={outcome}
            onChange={({ target }) => {
              setOutcome(target.value);
              setOffset(0);
            }}
          >
            <option value="">Any outcome</option>
            {evaluation.candidates.map((name, i) => (
              <option key={name} value={String(i)}>
                {name} got it wrong
              </option>
            ))}
            {evaluation.candidates.flatMap((name, a) =>
              evaluation.candidates.map((other, b) =>
                a === b ? null : (
                  <option key={`${name} ${other}`} value={`${a} ${b}`}>
                    {name} beats {other}
                  </option>
                ),
              ),
            )}
          </Select>
          <Select
            aria-label="Order of the examples"
            value={order}
            onChange={({ target }) => {
              setOrder(target.value === "position" ? "position" : "disagreement");
              setOffset(0);
            }}
          >
            <option value="disagreement">Disagreement first</option>
            <option value="position">As in the dataset</option>
          </Select>
          <span className="w-48">
            <Input
              aria-label="Find in the examples"
              placeholder="Find"
              value={text}
              onChange={({ target }) => {
                setText(target.value);
                setOffset(0);
              }}
            />
          </span>
        </div>
        {rows.length === 0 ? (
          <p className="py-6 text-center text-ink-2">No example fits.</p>
        ) : (
          <ol className="grid gap-3">
            {rows.map((row) => (
              <SideBySide
                key={row.position}
                row={row}
                candidates={evaluation.candidates}
                evaluator={evaluator}
                onOpen={() => setOpen(row.position)}
              />
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
      {open === undefined ? null : (
        <WholeExample evaluation={evaluation.id} position={open} onClose={() => setOpen(undefined)} />
      )}
    </Panel>
  );
}

interface SideBySideProps {
  readonly candidates: readonly string[];
  readonly row: ExampleRow;
  readonly evaluator: number;
  readonly onOpen: () => void;
}

function SideBySide({ candidates, evaluator, onOpen, row }: SideBySideProps) {
  const [first] = row.texts;
  return (
    <li className="grid gap-2 rounded-md border border-line p-3">
      <div className="flex items-start justify-between gap-3">
        <p className="line-clamp-3 min-w-0 break-words text-ink-2">{row.preview}</p>
        <Button size="sm" kind="quiet" aria-label={`Example ${row.position}, whole`} onClick={onOpen}>
          Whole
        </Button>
      </div>
      <div className={`grid gap-2 sm:grid-cols-2 ${candidates.length % 3 === 0 ? "lg:grid-cols-3" : ""}`}>
        {candidates.map((name, i) => (
          <div key={name} className="grid min-w-0 content-start gap-1 rounded-sm bg-canvas p-2">
            <div className="flex items-center justify-between gap-2 text-xs">
              <span className="truncate text-ink-3">{name}</span>
              <ScoreBadge failed={row.failed[i] ?? false} score={row.scores[i]?.[evaluator] ?? null} />
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
