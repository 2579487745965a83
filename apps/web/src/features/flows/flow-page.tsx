"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/code-block.tsx";
import { plural } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { FlowEditor } from "./flow-editor.tsx";
import { FlowGraph } from "./flow-graph.tsx";
import { PlanPanel } from "./plan-panel.tsx";
import { RunHistory, RunPanel } from "./run-panel.tsx";
import type { FlowDetail } from "./types.ts";
import { isUnderWay, stateOf } from "./words.ts";

export function FlowPage({ name }: { readonly name: string }) {
  const trpc = useTRPC();
  const found = useQuery(trpc.flows.get.queryOptions({ name }));
  const refusal = found.error ? problemOf(found.error) : undefined;
  const flow = found.data;
  return (
    <Page name="Flow" answer={flow ? answerOf(flow) : name} note={flow?.description}>
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : flow ? (
        <Whole flow={flow} />
      ) : (
        <Skeleton className="h-96" />
      )}
    </Page>
  );
}

function answerOf({ graph, last, name }: FlowDetail): string {
  const steps = plural(graph.length, "step");
  return last === null ? `${name}: ${steps}, never run` : `${name}: ${steps}, last run ${stateOf(last.state).said}`;
}

function Whole({ flow }: { readonly flow: FlowDetail }) {
  const trpc = useTRPC();
  const { may } = useSession();
  const [isEditing, setEditing] = useState(false);
  const [chosen, setChosen] = useState<string>();
  const shown = chosen ?? flow.last?.id;
  const run = useQuery(
    trpc.flows.runDetail.queryOptions(
      { id: shown ?? "" },
      {
        enabled: shown !== undefined,
        refetchInterval: ({ state: { data } }) => (data !== undefined && isUnderWay(data.state) ? 300 : 4000),
      },
    ),
  );
  return (
    <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_340px]">
      <div className="grid min-w-0 gap-6">
        {flow.problem ? (
          <Notice tone="warn" hint={flow.problem.hint}>
            {flow.problem.message}
          </Notice>
        ) : null}
        {isEditing ? (
          <FlowEditor yaml={flow.yaml} onApplied={() => setEditing(false)} onLeave={() => setEditing(false)} />
        ) : (
          <>
            <Panel title="Steps" padded={false}>
              <FlowGraph steps={flow.graph} run={run.data?.steps} />
            </Panel>
            <Panel
              title={`Document, version ${flow.version}`}
              padded={false}
              actions={
                may("flows:write") ? (
                  <Button size="sm" onClick={() => setEditing(true)}>
                    Edit
                  </Button>
                ) : null
              }
            >
              <CodeBlock what="the flow's YAML" code={flow.yaml} wrap />
            </Panel>
          </>
        )}
      </div>
      <div className="grid min-w-0 gap-6">
        <RunPanel key={flow.version} flow={flow} run={run.data} onRun={setChosen} />
        <PlanPanel flow={flow} />
        <RunHistory flow={flow.name} shown={shown} onRun={setChosen} />
      </div>
    </div>
  );
}
