"use client";

import { useQuery } from "@tanstack/react-query";
import { Boxes, Trash2 } from "lucide-react";
import { useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { LifePanel } from "./life-panel.tsx";
import { ModelDetails } from "./model-details.tsx";
import { parametersFigure } from "./model-figures.tsx";
import { ModelSummary } from "./model-summary.tsx";
import { RemoveModelDialog } from "./remove-model-dialog.tsx";
import type { Model } from "./types.ts";

/** Its state and speed follow by themselves. */
const everyMs = 3000;

export function ModelPage({ id }: { readonly id: string }) {
  const trpc = useTRPC();
  const { may } = useSession();
  const [removing, setRemoving] = useState(false);
  const query = useQuery(trpc.models.get.queryOptions({ name: id }, { refetchInterval: everyMs }));
  const refusal = query.error ? problemOf(query.error) : undefined;
  const missing = refusal?.code === "not-found";
  // One that was removed by somebody else meanwhile is not shown any longer.
  const model = missing ? undefined : query.data;
  return (
    <Page
      name="Models"
      answer={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <span className="min-w-0 break-all">{id}</span> {model?.isDefault ? <Badge>default</Badge> : null}
        </span>
      }
      note={model && summary(model)}
      actions={
        model ? (
          <>
            {may("models:write") && model.own ? (
              <Button kind="quiet" onClick={() => setRemoving(true)}>
                <Trash2 /> Remove
              </Button>
            ) : null}
            <ButtonLink href={`/models?compare=${encodeURIComponent(id)}`}>Compare</ButtonLink>
            <ButtonLink kind="primary" href={`/playground?model=${encodeURIComponent(id)}`}>
              Try in the playground
            </ButtonLink>
          </>
        ) : null
      }
    >
      {refusal && !missing ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      {missing ? (
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
      {query.isPending ? <Skeleton className="h-40 rounded-lg" /> : null}
      {model ? (
        <>
          <LifePanel name={id} />
          <ModelSummary model={model} />
          <ModelDetails model={model} />
        </>
      ) : null}
      {removing ? <RemoveModelDialog name={id} onClose={() => setRemoving(false)} /> : null}
    </Page>
  );
}

function summary({ architecture, parameters, quantisation }: Model): string {
  const size = parametersFigure(parameters);
  const sized = size ? ` of ${size.value} ${size.unit ?? ""} parameters` : "";
  return `A ${architecture} model${sized}, weights in ${quantisation}.`;
}
