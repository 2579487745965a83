"use client";

import { Boxes } from "lucide-react";
import Link from "next/link";
import { Badge } from "../../ui/badge.tsx";
import { ButtonLink } from "../../ui/button.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { plural } from "../../ui/format.ts";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { OverviewProblem } from "../service/overview-problem.tsx";
import type { ModelCard, Overview } from "../service/types.ts";
import { useOverview } from "../service/use-overview.ts";
import { FigureText, parametersFigure, sizeFigure, tokensFigure } from "./model-figures.tsx";
import { ModelStateStatus, modelStateWord } from "./model-state.tsx";

const columns: readonly Column<ModelCard>[] = [
  {
    id: "model",
    header: "Model",
    value: (model) => model.id,
    cell: (model) => (
      <span className="flex items-center gap-2">
        <Link
          href={`/models/${encodeURIComponent(model.id)}`}
          className="rounded-xs font-medium underline-offset-2 focus-ring hover:underline"
        >
          {model.id}
        </Link>
        {model.isDefault ? <Badge>default</Badge> : null}
        {model.hasChatTemplate === false ? <Badge>text only</Badge> : null}
      </span>
    ),
  },
  {
    id: "state",
    header: "State",
    value: (model) => modelStateWord(model.state),
    cell: (model) => <ModelStateStatus model={model} />,
  },
  {
    id: "parameters",
    header: "Parameters",
    numeric: true,
    value: (model) => model.parameters,
    cell: (model) => <FigureText figure={parametersFigure(model.parameters)} />,
  },
  {
    id: "context",
    header: "Context",
    numeric: true,
    value: (model) => model.contextLength,
    cell: (model) => <FigureText figure={tokensFigure(model.contextLength)} />,
  },
  { id: "quantisation", header: "Quantisation", value: (model) => model.quantisation },
  {
    id: "size",
    header: "Size",
    numeric: true,
    value: (model) => model.bytes,
    cell: (model) => <FigureText figure={sizeFigure(model.bytes)} />,
  },
  { id: "licence", header: "Licence", value: (model) => model.licence },
  {
    id: "try",
    header: "Try",
    action: true,
    value: () => undefined,
    cell: (model) => (
      <ButtonLink href={`/playground?model=${encodeURIComponent(model.id)}`} kind="quiet" size="sm">
        Try<span className="sr-only"> {model.id} in the playground</span>
      </ButtonLink>
    ),
  },
];

export function ModelsPage() {
  const { data, error } = useOverview();
  const models = data?.state === "up" ? data.models : [];
  return (
    <Page name="Models" answer={answer(data)} note={note(data)}>
      <OverviewProblem overview={data} error={error} />
      {data?.state === "down" ? null : (
        <Panel padded={false}>
          {data === undefined ? (
            <div className="grid gap-3 p-4">
              {["a", "b", "c"].map((row) => (
                <Skeleton key={row} className="h-8" />
              ))}
            </div>
          ) : (
            <DataTable
              label="Models"
              rows={models}
              columns={columns}
              rowKey={(model) => model.id}
              empty={
                <EmptyState icon={Boxes} title="No models yet">
                  Add one from a file or a folder:
                  <code className="mt-2 block font-mono text-ink text-xs">npx tug models add path/to/model.gguf</code>
                </EmptyState>
              }
            />
          )}
        </Panel>
      )}
    </Page>
  );
}

function answer(overview: Overview | undefined): string {
  if (overview === undefined) return "Which models can this machine run?";
  if (overview.state === "down") return "The models can't be listed: the service is down.";
  const { models } = overview;
  if (models.length === 0) return "There is no model to run yet.";
  return `${plural(models.length, "model")} can run on this machine.`;
}

function note(overview: Overview | undefined): string {
  const rule = "Each answers the API under its name; those not loaded yet load when first asked.";
  return overview?.state === "up" && overview.device ? `${rule} Device: ${overview.device.name}.` : rule;
}
