"use client";

import { ArrowRight, Boxes } from "lucide-react";
import Link from "next/link";
import { Status } from "../../ui/badge.tsx";
import { ButtonLink } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/code-block.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { duration, written } from "../../ui/format.ts";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { TimeChart } from "../../ui/time-chart.tsx";
import { FigureText, parametersFigure, sizeFigure } from "../models/model-figures.tsx";
import { ModelStateStatus } from "../models/model-state.tsx";
import { sampleRequest } from "../playground/samples.ts";
import { snippets } from "../playground/snippets.ts";
import { OverviewProblem } from "../service/overview-problem.tsx";
import type { ModelCard, Overview } from "../service/types.ts";
import { useOverview } from "../service/use-overview.ts";
import { Proposals } from "../tasks/proposals.tsx";
import { homeAnswer } from "./answer.ts";
import { LoadFigures } from "./load-figures.tsx";
import { TodayFigures } from "./today-figures.tsx";

type Up = Extract<Overview, { state: "up" }>;

export function HomePage() {
  const { data, error } = useOverview();
  const up = data?.state === "up" ? data : undefined;
  return (
    <Page
      name="Home"
      answer={homeAnswer(data)}
      note={up ? <Facts up={up} /> : undefined}
      actions={
        <ButtonLink kind="primary" href="/playground">
          Open the playground
        </ButtonLink>
      }
    >
      <OverviewProblem overview={data} error={error} />
      {data?.state === "down" ? null : (
        <>
          <Proposals />
          <TodayFigures />
          <LoadFigures overview={up} />
          <div className="grid gap-6 lg:grid-cols-[minmax(0,5fr)_minmax(0,7fr)]">
            <LiveModels models={up?.models} />
            <Panel title="Tokens per second" note="all models, last 15 minutes">
              <Throughput up={up} />
            </Panel>
          </div>
          {up ? <CallTheApi up={up} /> : null}
        </>
      )}
    </Page>
  );
}

function Facts({ up }: { readonly up: Up }) {
  const parts = [
    up.device?.name,
    up.version && `version ${up.version}`,
    up.uptimeMs !== undefined && `up ${written(duration(up.uptimeMs))}`,
  ];
  return <>{parts.filter(Boolean).join(" · ")}</>;
}

function LiveModels({ models }: { readonly models: readonly ModelCard[] | undefined }) {
  return (
    <Panel
      title="Models"
      tour="models"
      padded={false}
      actions={
        <ButtonLink href="/models" kind="quiet" size="sm">
          All <ArrowRight />
        </ButtonLink>
      }
    >
      {models === undefined ? (
        <div className="grid gap-3 p-4">
          <Skeleton className="h-9" />
          <Skeleton className="h-9" />
          <Skeleton className="h-9" />
        </div>
      ) : null}
      {models?.length === 0 ? (
        <EmptyState icon={Boxes} title="No models yet">
          Add one with <code className="font-mono text-ink text-xs">npx tug models add</code>.
        </EmptyState>
      ) : null}
      <ul>
        {models?.map((model) => (
          <li
            key={model.id}
            className="relative flex items-center justify-between gap-4 border-line border-b px-4 py-2.5 last:border-b-0 hover:bg-hover"
          >
            <div className="min-w-0">
              <Link
                href={`/models/${encodeURIComponent(model.id)}`}
                className="block truncate rounded-xs font-medium focus-ring after:absolute after:inset-0"
              >
                {model.id}
              </Link>
              <p className="flex gap-2 text-ink-3 text-xs">
                <FigureText figure={parametersFigure(model.parameters)} />
                {model.quantisation ? <span>{model.quantisation}</span> : null}
                {model.bytes ? <FigureText figure={sizeFigure(model.bytes)} /> : null}
              </p>
            </div>
            <span className="text-ink-2 text-xs">
              <ModelStateStatus state={model.state} detail={model.detail} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Throughput({ up }: { readonly up: Up | undefined }) {
  const points = (up?.history ?? []).map(({ at, tokensPerSecond }) => ({ at, value: tokensPerSecond }));
  if (up && points.length < 2) {
    return (
      <div className="grid h-[168px] place-items-center text-center text-ink-3">
        <Status tone="neutral" busy>
          Measuring: the first figures come in a few seconds
        </Status>
      </div>
    );
  }
  return <TimeChart points={points} unit="tok/s" label="Tokens per second" height={168} leastTop={100} />;
}

function CallTheApi({ up }: { readonly up: Up }) {
  const model =
    up.models.find((candidate) => candidate.isDefault) ??
    up.models.find(({ hasChatTemplate }) => hasChatTemplate) ??
    up.models[0];
  if (!model) return null;
  const baseUrl = `${up.apiUrl}/v1`;
  return (
    <Panel
      title="Call it from code"
      note={
        <>
          Any OpenAI client, at <code className="font-mono">{baseUrl}</code>
        </>
      }
      actions={<CopyButton text={baseUrl} what="API address" />}
      padded={false}
    >
      <Tabs
        label="Language"
        tabs={snippets(sampleRequest(model.id), baseUrl).map(({ id, name, code }) => ({
          id,
          label: name,
          content: <CodeBlock code={code} what={`${name} snippet`} />,
        }))}
      />
      <p className="border-line border-t px-4 py-2.5 text-ink-3 text-xs">
        The key is in <code className="font-mono text-ink-2">first-run.json</code> in the data directory:{" "}
        <code className="font-mono text-ink-2">export TUGBOAT_API_KEY=…</code> first.
      </p>
    </Panel>
  );
}
