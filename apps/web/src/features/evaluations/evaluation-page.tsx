"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Select } from "../../ui/field.tsx";
import { IntervalChart } from "../../ui/interval-chart.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ScrollRegion } from "../../ui/scroll-region.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { Actions } from "./evaluation-actions.tsx";
import { ExamplesPanel } from "./examples-panel.tsx";
import { FrontierChart } from "./frontier-chart.tsx";
import { HistoryPanel } from "./history-panel.tsx";
import { PairsPanel } from "./pairs-panel.tsx";
import { SlicesPanel } from "./slices-panel.tsx";
import type { Calibration, EvaluationDetail, Summary } from "./types.ts";
import { dollars, isUnderWay, milliseconds, percent } from "./words.ts";

const everyMs = 1000;

export function EvaluationPage({ id }: { readonly id: string }) {
  const trpc = useTRPC();
  const { may } = useSession();
  const query = useQuery(
    trpc.evaluations.get.queryOptions(
      { id },
      { refetchInterval: ({ state }) => (state.data === undefined || isUnderWay(state.data) ? everyMs : false) },
    ),
  );
  const found = query.data;
  const refusal = query.error ? problemOf(query.error) : undefined;
  return (
    <Page
      name="Evaluations"
      answer={found ? answerOf(found) : "Which candidate is better?"}
      note={
        found ? `${found.dataset}, judged by ${found.evaluators.join(", ")}; asking cost ${dollars(found.spent)}` : ""
      }
      actions={found && may("evaluations:write") ? <Actions found={found} /> : null}
    >
      {refusal || found?.error ? (
        <Notice tone="bad" hint={refusal?.hint ?? found?.hint}>
          {refusal?.message ?? found?.error}
        </Notice>
      ) : null}
      {found?.summary ? (
        <Result found={found} summary={found.summary} />
      ) : found ? (
        <Panel title="Under way">
          <div className="grid gap-2">
            <progress
              className="w-full accent-accent"
              max={found.total}
              value={found.done}
              aria-label="Examples done"
            />
            <p className="text-ink-2 text-xs tabular-nums">
              {found.done} of {found.total} examples, {dollars(found.spent)} so far. You can leave this page.
            </p>
          </div>
        </Panel>
      ) : refusal ? null : (
        <Panel>
          <Skeleton className="h-40" />
        </Panel>
      )}
    </Page>
  );
}

function answerOf(found: EvaluationDetail): string {
  if (found.summary) return found.summary.sentence;
  if (isUnderWay(found)) return `${found.done} of ${found.total} examples are compared.`;
  return found.state === "failed" ? "The evaluation has failed." : "The evaluation was stopped.";
}

function Result({ found, summary }: { readonly found: EvaluationDetail; readonly summary: Summary }) {
  const [evaluator, setEvaluator] = useState(0);
  const best = Math.max(...summary.candidates.map(({ scores }) => scores[evaluator]?.score ?? 0));
  return (
    <>
      {summary.warnings.map((warning) => (
        <Notice key={warning} tone="warn">
          {warning}
        </Notice>
      ))}
      <div className="grid gap-6 lg:grid-cols-2">
        <Panel
          title="Score"
          note={`${found.evaluators[evaluator]}, with 95 % intervals`}
          actions={
            found.evaluators.length > 1 ? (
              <Select
                aria-label="Evaluator shown"
                value={evaluator}
                onChange={({ target }) => setEvaluator(Number(target.value))}
              >
                {found.evaluators.map((name, i) => (
                  <option key={name} value={i}>
                    {name}
                  </option>
                ))}
              </Select>
            ) : undefined
          }
        >
          <IntervalChart
            format={percent}
            rows={summary.candidates.map(({ name, scores }) => {
              const { high = 1, low = 0, score = 0 } = scores[evaluator] ?? {};
              return { name, score, low, high, marked: score === best };
            })}
          />
        </Panel>
        <Panel title="Quality against cost" note="the line joins those that none beats on both">
          <FrontierChart summary={summary} evaluator={evaluator} />
        </Panel>
      </div>
      <Panel title="Candidates" padded={false}>
        <Figures summary={summary} evaluator={evaluator} />
      </Panel>
      <PairsPanel summary={summary} evaluator={evaluator} />
      {found.calibrations.length > 0 ? <Calibrations all={found.calibrations} /> : null}
      {summary.slices.length > 0 && summary.candidates.length > 1 ? <SlicesPanel summary={summary} /> : null}
      <HistoryPanel evaluation={found} />
      <ExamplesPanel evaluation={found} evaluator={evaluator} />
    </>
  );
}

const cell = "border-line border-t px-4 py-2 text-left tabular-nums whitespace-nowrap";

function Figures({ evaluator, summary }: { readonly summary: Summary; readonly evaluator: number }) {
  return (
    <ScrollRegion label="Figures of the candidates" className="focus-ring overflow-x-auto">
      <table className="w-full text-sm">
        <thead className="text-ink-3 text-xs">
          <tr>
            {["Candidate", "Score", "Without failures", "Failed", "p50", "p95", "1,000 requests"].map((head) => (
              <th key={head} className="px-4 py-2 text-left font-normal">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {summary.candidates.map(({ costPer1k, failed, latencyP50Ms, latencyP95Ms, name, scores }) => (
            <tr key={name}>
              <td className={`${cell} font-medium`}>{name}</td>
              <td className={cell}>{percent(scores[evaluator]?.score ?? 0)}</td>
              <td className={cell}>{percent(scores[evaluator]?.withoutFailures.score ?? 0)}</td>
              <td className={cell}>{failed}</td>
              <td className={cell}>{milliseconds(latencyP50Ms)}</td>
              <td className={cell}>{milliseconds(latencyP95Ms)}</td>
              <td className={cell}>{dollars(costPer1k)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

function Calibrations({ all }: { readonly all: readonly Calibration[] }) {
  return (
    <Panel title="The judging model against people" note="its scores, corrected by what people said">
      <ul className="grid gap-2">
        {all.map(({ candidate, corrected, evaluator, judged, kappa, reviewed, words, worth }) => (
          <li key={`${evaluator} ${candidate}`}>
            <span className="font-medium">{candidate}</span>: {percent(corrected.score)} ({percent(corrected.low)} to{" "}
            {percent(corrected.high)}) after correction.{" "}
            <span className="text-ink-2">
              {evaluator} has {words} with people (κ {kappa.score.toFixed(2)}) on {reviewed} answers; with {judged} more
              judged this is worth {Math.round(worth)} people's ratings.
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
