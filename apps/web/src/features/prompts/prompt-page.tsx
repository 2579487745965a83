"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { PenLine, Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/code-block.tsx";
import { Select } from "../../ui/field.tsx";
import { fromNow, plural } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { TextDiff } from "../../ui/text-diff.tsx";
import { Comments } from "../datasets/comments.tsx";
import { GuardsPanel } from "../evaluations/guards-panel.tsx";
import { ConfirmByName } from "../service/confirm-by-name.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { asText } from "./content.ts";
import { LabelsPanel } from "./labels-panel.tsx";
import { OpenInPlayground } from "./open-in-playground.tsx";
import { PromptEditor } from "./prompt-editor.tsx";
import { callSnippet } from "./snippet.ts";
import type { PromptDetail, PromptVersion } from "./types.ts";

export function PromptPage({ name }: { readonly name: string }) {
  const trpc = useTRPC();
  const router = useRouter();
  const client = useQueryClient();
  const { may } = useSession();
  const found = useQuery(trpc.prompts.get.queryOptions({ prompt: name }));
  const [open, setOpen] = useState<"edit" | "remove">();
  const [number, setNumber] = useState<number>();
  const remove = useMutation(
    trpc.prompts.remove.mutationOptions({
      onSuccess: () => {
        void client.invalidateQueries(trpc.prompts.list.queryFilter());
        router.push("/prompts");
      },
    }),
  );
  const prompt = found.data;
  const refusal = found.error ? problemOf(found.error) : undefined;
  const version = prompt?.versions.find((one) => one.number === number) ?? prompt?.versions[0];
  const write = may("prompts:write");
  return (
    <Page
      name="Prompt"
      answer={name}
      note={prompt ? noteOf(prompt) : undefined}
      actions={
        write && prompt && version ? (
          <>
            <Button aria-label={`Remove ${name}`} kind="quiet" onClick={() => setOpen("remove")}>
              <Trash2 />
            </Button>
            <OpenInPlayground content={version.content} />
            <Button kind="primary" onClick={() => setOpen("edit")}>
              <PenLine /> New version
            </Button>
          </>
        ) : null
      }
    >
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      {prompt && version ? (
        <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_320px]">
          <Panel
            title={`Version ${version.number}`}
            padded={false}
            actions={
              <Select
                aria-label="Version"
                value={version.number}
                onChange={(event) => setNumber(Number(event.currentTarget.value))}
              >
                {prompt.versions.map((one) => (
                  <option key={one.id} value={one.number}>
                    version {one.number}
                  </option>
                ))}
              </Select>
            }
          >
            <Tabs
              label="Views of the prompt"
              tabs={[
                { id: "says", label: "What it says", content: <Says version={version} /> },
                { id: "diff", label: "Compare", content: <Compare prompt={prompt} version={version} /> },
                {
                  id: "call",
                  label: "Call it",
                  content: <CodeBlock what="snippet" code={callSnippet(prompt, version.content)} />,
                },
                {
                  id: "comments",
                  label: "Comments",
                  content: (
                    <div className="p-4">
                      <Comments key={version.id} kind="prompt-version" subjectId={version.id} />
                    </div>
                  ),
                },
              ]}
            />
          </Panel>
          <div className="grid gap-6">
            <LabelsPanel prompt={prompt} version={version} />
            <GuardsPanel subjects={guardable(prompt)} />
          </div>
        </div>
      ) : refusal ? null : (
        <Skeleton className="h-64" />
      )}
      {open === "edit" && prompt && version ? (
        <PromptEditor from={{ name, latest: prompt.latest, version }} onClose={() => setOpen(undefined)} />
      ) : null}
      {open === "remove" && prompt ? (
        <ConfirmByName
          name={name}
          title={`Remove ${name}`}
          description="Whoever calls it by its name gets an error from then on."
          action="Remove it"
          pending={remove.isPending}
          refusal={remove.error ? problemOf(remove.error) : undefined}
          onConfirm={() => remove.mutate({ id: prompt.id })}
          onClose={() => setOpen(undefined)}
        />
      ) : null}
    </Page>
  );
}

function noteOf({ labels, latest }: PromptDetail): string {
  const live = labels.production;
  if (live === undefined) return `${plural(latest, "version")}, none in production.`;
  return live === latest
    ? `Version ${live}, the newest, is in production.`
    : `Version ${live} is in production; ${plural(latest - live, "version")} newer.`;
}

/** The names that people call it by. */
function guardable({ labels, name }: PromptDetail): string[] {
  return [...new Set(["production", ...Object.keys(labels)])].map((label) => `prompt:${name}@${label}`);
}

function Says({ version: { content, createdAt, createdByName, note } }: { readonly version: PromptVersion }) {
  const rest = Object.entries(content.parameters);
  return (
    <div className="grid gap-4 p-4">
      <p className="text-ink-3 text-xs">
        {createdByName}, {fromNow(Date.parse(createdAt), Date.now())}
        {note ? ` · ${note}` : ""} · answered by <code className="font-mono">{content.model}</code>
      </p>
      {content.messages.map(({ content: text, role }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: messages of a version never move
        <section key={at} className="grid gap-1">
          <h3 className="font-medium text-ink-3 text-xs">{role}</h3>
          <p className="whitespace-pre-wrap break-words rounded-md bg-sunken px-3 py-2">{text}</p>
        </section>
      ))}
      {content.variables.length > 0 ? (
        <p className="flex flex-wrap items-center gap-1.5 text-xs">
          <span className="text-ink-3">Variables</span>
          {content.variables.map(({ name, required, type }) => (
            <Badge key={name}>
              {name}: {type}
              {required ? "" : "?"}
            </Badge>
          ))}
        </p>
      ) : null}
      {rest.length > 0 || content.tools.length > 0 || content.output ? (
        <p className="flex flex-wrap items-center gap-1.5 text-xs">
          <span className="text-ink-3">With</span>
          {rest.map(([parameter, value]) => (
            <Badge key={parameter}>
              {parameter} {JSON.stringify(value)}
            </Badge>
          ))}
          {content.tools.map((tool) => (
            <Badge key={tool.function.name}>tool {tool.function.name}</Badge>
          ))}
          {content.output ? <Badge>output schema</Badge> : null}
        </p>
      ) : null}
    </div>
  );
}

function Compare({ prompt, version }: { readonly prompt: PromptDetail; readonly version: PromptVersion }) {
  const [chosen, setChosen] = useState<number>();
  const before =
    prompt.versions.find(({ number }) => number === chosen) ??
    prompt.versions.find(({ number }) => number === version.number - 1) ??
    version;
  return (
    <div>
      <div className="flex items-center gap-2 px-4 py-2 text-xs">
        <span>Compared with</span>
        <Select
          aria-label="Compared with version"
          value={before.number}
          onChange={(event) => setChosen(Number(event.currentTarget.value))}
        >
          {prompt.versions.map(({ id, number }) => (
            <option key={id} value={number}>
              version {number}
            </option>
          ))}
        </Select>
      </div>
      <TextDiff
        before={asText(before.content)}
        after={asText(version.content)}
        label={`${prompt.name}, version ${before.number} and ${version.number}`}
      />
    </div>
  );
}
