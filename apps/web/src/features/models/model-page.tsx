"use client";

import { Boxes } from "lucide-react";
import { Badge } from "../../ui/badge.tsx";
import { ButtonLink } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/code-block.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { formatCount } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Facts, Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Stat } from "../../ui/stat.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { sampleRequest } from "../playground/samples.ts";
import { snippets } from "../playground/snippets.ts";
import { OverviewProblem } from "../service/overview-problem.tsx";
import type { ModelCard } from "../service/types.ts";
import { useOverview } from "../service/use-overview.ts";
import { parametersFigure, sizeFigure, tokensFigure } from "./model-figures.tsx";
import { ModelStateStatus } from "./model-state.tsx";

export function ModelPage({ id }: { readonly id: string }) {
  const { data, error } = useOverview();
  const model = data?.state === "up" ? data.models.find((candidate) => candidate.id === id) : undefined;
  return (
    <Page
      name="Models"
      answer={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          {id} {model?.isDefault ? <Badge>default</Badge> : null}
        </span>
      }
      note={model?.description ?? (model && summary(model))}
      actions={
        model ? (
          <ButtonLink kind="primary" href={`/playground?model=${encodeURIComponent(id)}`}>
            Try in the playground
          </ButtonLink>
        ) : null
      }
    >
      <OverviewProblem overview={data} error={error} />
      {data === undefined && !error ? <Skeleton className="h-40 rounded-lg" /> : null}
      {data?.state === "up" && !model ? (
        <Panel>
          <EmptyState
            icon={Boxes}
            title={`There is no model called ${id}`}
            action={<ButtonLink href="/models">All models</ButtonLink>}
          >
            It may have been removed or renamed.
          </EmptyState>
        </Panel>
      ) : null}
      {model && data?.state === "up" ? <Details model={model} baseUrl={`${data.apiUrl}/v1`} /> : null}
    </Page>
  );
}

function Details({ model, baseUrl }: { readonly model: ModelCard; readonly baseUrl: string }) {
  return (
    <>
      {model.state === "failed" ? (
        <Notice tone="bad" hint="The service's log says more; it is tried again when next asked.">
          {model.detail ?? "This model could not be loaded."}
        </Notice>
      ) : null}
      <Panel>
        <dl className="grid grid-cols-2 gap-x-6 gap-y-5 lg:grid-cols-4">
          <Stat label="Parameters" figure={parametersFigure(model.parameters) ?? null} note={exact(model.parameters)} />
          <Stat
            label="Context"
            figure={tokensFigure(model.contextLength) ?? null}
            note={
              model.trainedContextLength && model.trainedContextLength !== model.contextLength
                ? `trained with ${formatCount(model.trainedContextLength)}`
                : "prompt and answer together"
            }
          />
          <Stat label="File" figure={sizeFigure(model.bytes) ?? null} note={model.quantisation} />
          <Stat
            label="Bits per weight"
            figure={
              model.bytes && model.parameters
                ? { value: ((model.bytes * 8) / model.parameters).toFixed(1), unit: "bits" }
                : null
            }
            note="whole file, tokenizer included"
          />
        </dl>
      </Panel>
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,5fr)_minmax(0,7fr)]">
        <Panel title="What it is">
          <Facts
            facts={[
              { name: "State", value: <ModelStateStatus model={model} /> },
              { name: "Architecture", value: model.architecture },
              { name: "Layers", value: model.layers },
              { name: "Dimension", value: model.dimension },
              { name: "Attention", value: heads(model) },
              {
                name: "Vocabulary",
                value: model.vocabularySize ? `${formatCount(model.vocabularySize)} tokens` : undefined,
              },
              { name: "Quantisation", value: model.quantisation },
              { name: "Chat form", value: chatForm(model) },
              { name: "Licence", value: model.licence },
            ].filter(({ value }) => value !== undefined)}
          />
        </Panel>
        <Panel padded={false}>
          <Tabs label="Call it from code" tabs={callIt(model, baseUrl)} />
        </Panel>
      </div>
    </>
  );
}

function callIt(model: ModelCard, baseUrl: string) {
  return snippets(sampleRequest(model.id), baseUrl).map(({ id, name, code }) => ({
    id,
    label: name,
    content: <CodeBlock code={code} what={`${name} snippet`} />,
  }));
}

function summary({ architecture, parameters, quantisation }: ModelCard): string | undefined {
  if (!architecture) return undefined;
  const size = parametersFigure(parameters);
  const sized = size ? ` of ${size.value} ${size.unit ?? ""} parameters` : "";
  return `A ${architecture} model${sized}${quantisation ? `, weights in ${quantisation}` : ""}.`;
}

function exact(count: number | undefined): string | undefined {
  return count === undefined ? undefined : formatCount(count);
}

function heads({ heads: count, kvHeads }: ModelCard): string | undefined {
  if (!count) return undefined;
  return kvHeads && kvHeads !== count ? `${count} heads, ${kvHeads} for keys and values` : `${count} heads`;
}

function chatForm({ hasChatTemplate }: ModelCard): string | undefined {
  if (hasChatTemplate === undefined) return undefined;
  return hasChatTemplate ? "Brings its own template" : "None: it continues text";
}
