"use client";

import { useQuery } from "@tanstack/react-query";
import { CodeBlock } from "../../ui/code-block.tsx";
import { formatCount } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Facts, Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { sampleRequest } from "../playground/samples.ts";
import { snippets } from "../playground/snippets.ts";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { useOverview } from "../service/use-overview.ts";
import { AnatomyDiagram } from "./anatomy-diagram.tsx";
import { ChatPanel } from "./chat-panel.tsx";
import { FilesPanel } from "./files-panel.tsx";
import { attentionSentences } from "./parts.ts";
import { PartsChart, TensorsTable } from "./parts-chart.tsx";
import { TokenizerPanel } from "./tokenizer-panel.tsx";
import type { Anatomy, Model } from "./types.ts";

/** What the model is made of, how it reads a text, where its files are. */
export function ModelDetails({ model }: { readonly model: Model }) {
  const trpc = useTRPC();
  const overview = useOverview().data;
  const facts = useQuery(trpc.models.describe.queryOptions({ name: model.name }, { staleTime: 60_000 }));
  const refusal = facts.error ? problemOf(facts.error) : undefined;
  return (
    <>
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      {facts.isPending ? <Skeleton className="h-96 rounded-lg" /> : null}
      {facts.data ? (
        <>
          <div className="grid items-start gap-6 lg:grid-cols-2">
            <Panel title="Architecture" note="read from its tensors, from the bottom up">
              <AnatomyDiagram anatomy={facts.data.anatomy} />
            </Panel>
            <div className="grid gap-6">
              <Panel title="Parameters by part">
                <PartsChart anatomy={facts.data.anatomy} />
              </Panel>
              <Panel title="How it attends">
                <div className="grid gap-4">
                  <ul className="grid gap-1">
                    {attentionSentences(facts.data.anatomy).map((sentence) => (
                      <li key={sentence}>{sentence}</li>
                    ))}
                  </ul>
                  <Facts facts={shapeFacts(facts.data.anatomy)} />
                </div>
              </Panel>
            </div>
          </div>
          <div className="grid items-start gap-6 lg:grid-cols-2">
            <TokenizerPanel model={model.name} tokenizer={facts.data.tokenizer} />
            <ChatPanel chat={facts.data.chat} />
          </div>
          <Panel title="Tensors" note="those of all layers in one row" padded={false}>
            <TensorsTable anatomy={facts.data.anatomy} />
          </Panel>
        </>
      ) : null}
      <div className="grid items-start gap-6 lg:grid-cols-2">
        <FilesPanel model={model} />
        <Panel title="Call it from code" padded={false}>
          <Tabs
            label="Call it from code"
            tabs={snippets(sampleRequest(model.name), `${overview?.apiUrl ?? ""}/v1`).map(({ code, id, name }) => ({
              id,
              label: name,
              content: <CodeBlock code={code} what={`${name} snippet`} />,
            }))}
          />
        </Panel>
      </div>
    </>
  );
}

function shapeFacts(anatomy: Anatomy) {
  const { attentionSoftcap, dim, ffn, headDim, layers, outputSoftcap, tiedEmbeddings, vocabulary } = anatomy;
  const base = anatomy.attention.find(({ ropeBase }) => ropeBase !== null)?.ropeBase;
  const caps = [
    attentionSoftcap === null ? "" : `attention ${attentionSoftcap}`,
    outputSoftcap === null ? "" : `output ${outputSoftcap}`,
  ].filter(Boolean);
  return [
    { name: "Layers", value: formatCount(layers) },
    { name: "Dimension", value: formatCount(dim) },
    { name: "Feed-forward", value: formatCount(ffn) },
    { name: "Head", value: formatCount(headDim) },
    { name: "Vocabulary", value: `${formatCount(vocabulary)} tokens` },
    { name: "Embeddings", value: tiedEmbeddings ? "tied: the output uses them again" : "the output has its own" },
    ...(base ? [{ name: "Rotary base", value: formatCount(base) }] : []),
    ...(caps.length > 0 ? [{ name: "Soft caps", value: caps.join(", ") }] : []),
  ];
}
