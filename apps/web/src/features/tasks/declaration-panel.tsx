"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/code-block.tsx";
import { Field, Textarea } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { TaskDetail } from "./types.ts";

/** What was declared, as the document it is; and the examples it rests on. */
export function DeclarationPanel({ task }: { readonly task: TaskDetail }) {
  return (
    <Panel padded={false}>
      <Tabs
        label="Declaration"
        tabs={[
          {
            id: "yaml",
            label: `Declaration, version ${task.version}`,
            content: <Declaration key={task.version} task={task} />,
          },
          { id: "examples", label: "Examples", content: <Examples task={task} /> },
        ]}
      />
    </Panel>
  );
}

function Declaration({ task }: { readonly task: TaskDetail }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { may } = useSession();
  const [edited, setEdited] = useState<string>();
  const declare = useMutation(
    trpc.tasks.declare.mutationOptions({
      onSuccess: ({ changes, version }) => {
        setEdited(undefined);
        toast({
          tone: "good",
          text: changes.length === 0 ? "It is so already." : `Version ${version}: plan again to see what it changes.`,
        });
      },
      onSettled: () => client.invalidateQueries({ queryKey: trpc.tasks.pathKey() }),
    }),
  );
  const refusal = declare.error ? problemOf(declare.error) : undefined;
  if (edited === undefined) {
    return (
      <>
        <CodeBlock what="the task's YAML" code={task.yaml} wrap />
        {may("tasks:write") ? (
          <div className="px-4 pb-4">
            <Button size="sm" onClick={() => setEdited(task.yaml)}>
              Edit
            </Button>
          </div>
        ) : null}
      </>
    );
  }
  return (
    <div className="grid gap-3 p-4">
      <Field label="The task as YAML">
        {(control) => (
          <Textarea
            {...control}
            rows={16}
            spellCheck={false}
            className="font-mono text-xs"
            value={edited}
            onChange={(event) => setEdited(event.currentTarget.value)}
          />
        )}
      </Field>
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      <div className="flex gap-2">
        <Button kind="primary" disabled={declare.isPending} onClick={() => declare.mutate({ yaml: edited })}>
          Apply
        </Button>
        <Button kind="quiet" onClick={() => setEdited(undefined)}>
          Leave it
        </Button>
      </div>
    </div>
  );
}

function Examples({ task: { examples } }: { readonly task: TaskDetail }) {
  return (
    <div className="grid gap-2 p-4">
      <p className="text-ink-2">
        {examples.source}
        {examples.count === null ? ", a dataset" : `, ${examples.count} examples`}
      </p>
      <ul className="divide-y divide-line">
        {examples.preview.map(({ input, output }) => (
          <li key={input} className="flex items-baseline justify-between gap-4 py-1.5">
            <span className="min-w-0 break-words">{input}</span>
            <span className="shrink-0 text-ink-2">{output}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
