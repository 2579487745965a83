"use client";

import { useQuery } from "@tanstack/react-query";
import { Gavel, Plus } from "lucide-react";
import Link from "next/link";
import { Badge } from "../../ui/badge.tsx";
import { ButtonLink } from "../../ui/button.tsx";
import type { Column } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { plural } from "../../ui/format.ts";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ListPanel } from "../service/list-panel.tsx";
import { useSession } from "../service/session.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { nameOfKind } from "./kinds.ts";
import { MonitorsPanel } from "./monitors-panel.tsx";
import type { Calibration, Evaluator } from "./types.ts";

export function EvaluatorsPage() {
  const trpc = useTRPC();
  const { may } = useSession();
  const list = useQuery(trpc.evaluators.list.queryOptions());
  const choices = useQuery(trpc.evaluations.choices.queryOptions());
  const calibrations = useQuery(trpc.evaluators.calibrations.queryOptions()).data?.calibrations ?? [];
  const own = list.data?.evaluators;
  const ready = choices.data?.evaluators.filter((one) => !one.own) ?? [];
  const begin = may("evaluations:write") ? (
    <ButtonLink kind="primary" href="/evaluators/new">
      <Plus /> New evaluator
    </ButtonLink>
  ) : null;
  return (
    <Page
      name="Evaluators"
      answer={own ? answerOf(own) : "How are answers judged?"}
      note="A rule, your own code, or a model with a rubric: each gives an answer a score from 0 to 100 %."
      actions={own && own.length > 0 ? begin : null}
    >
      <ListPanel
        title="Your own"
        rows={own}
        error={list.error}
        label="Evaluators"
        columns={columns(calibrations)}
        rowKey={({ id }) => id}
        empty={
          <EmptyState icon={Gavel} title="Write down what a good answer is" action={begin ?? undefined}>
            A rubric in your own words, read by a model; a few lines of TypeScript; or a pattern. Try it on an answer
            before anything depends on it.
          </EmptyState>
        }
      />
      <MonitorsPanel />
      <Panel title="There already" note="they need no settings">
        <dl className="grid gap-x-6 gap-y-2 sm:grid-cols-[max-content_minmax(0,1fr)]">
          {ready.map(({ name, what }) => (
            <div key={name} className="contents">
              <dt>
                <code className="font-mono text-xs">{name}</code>
              </dt>
              <dd className="text-ink-2">{what}</dd>
            </div>
          ))}
        </dl>
      </Panel>
    </Page>
  );
}

function answerOf(own: readonly Evaluator[]): string {
  if (own.length === 0) return "Answers are judged by rules alone.";
  const judges = own.filter(({ spec }) => spec.kind === "judge" || spec.kind === "judge-pairs").length;
  const rest = own.length - judges;
  if (judges === 0) return `${plural(rest, "evaluator")} of your own.`;
  return `${plural(judges, "rubric")} ${judges === 1 ? "is" : "are"} read by models${rest === 0 ? "" : `; ${plural(rest, "evaluator")} more`}.`;
}

function columns(calibrations: readonly Calibration[]): readonly Column<Evaluator>[] {
  const best = (name: string) =>
    calibrations.filter(({ evaluator }) => evaluator === name).sort((a, b) => b.reviewed - a.reviewed)[0];
  return [
    {
      id: "name",
      header: "Evaluator",
      value: ({ name }) => name,
      cell: ({ description, name }) => (
        <Link href={`/evaluators/${name}`} className="focus-ring grid rounded-sm leading-tight hover:underline">
          <span className="font-medium">{name}</span>
          {description ? <span className="max-w-72 truncate text-2xs text-ink-3">{description}</span> : null}
        </Link>
      ),
    },
    {
      id: "kind",
      header: "Judged by",
      value: ({ spec }) => nameOfKind(spec.kind),
      cell: ({ spec }) => <Badge>{nameOfKind(spec.kind)}</Badge>,
    },
    {
      id: "agreement",
      header: "Agreement with people",
      wide: true,
      value: ({ name }) => best(name)?.kappa.score,
      cell: ({ name, spec }) => {
        const found = best(name);
        if (found) return `κ ${found.kappa.score.toFixed(2)} on ${found.reviewed} answers`;
        return <span className="text-ink-3">{spec.kind === "judge" ? "not measured yet: rate its answers" : "–"}</span>;
      },
    },
  ];
}
