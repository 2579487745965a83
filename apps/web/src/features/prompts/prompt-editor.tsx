"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useRouter } from "next/navigation";
import { type FormEvent, useId, useState } from "react";
import { Button, IconButton } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input, Select, Textarea } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { useOverview } from "../service/use-overview.ts";
import { emptyContent, withVariables } from "./content.ts";
import type { Content, PromptVersion } from "./types.ts";
import { VariableList } from "./variable-list.tsx";

export interface PromptEditorProps {
  /** The prompt and the version that this is made from; left out, a new prompt. */
  readonly from?: { readonly name: string; readonly latest: number; readonly version: PromptVersion };
  /** What a new one begins with. */
  readonly content?: Content;
  readonly onClose: () => void;
}

/** Writes a version: messages, variables, model, parameters, tools, output. */
export function PromptEditor({ content: given, from, onClose }: PromptEditorProps) {
  const trpc = useTRPC();
  const router = useRouter();
  const client = useQueryClient();
  const form = useId();
  const { data: overview } = useOverview();
  const models = overview?.state === "up" ? [...overview.models, ...overview.named].map(({ id }) => id) : [];
  const standard = useQuery(trpc.models.list.queryOptions()).data?.models.find(({ isDefault }) => isDefault)?.name;
  const [name, setName] = useState(from?.name ?? "");
  const [note, setNote] = useState("");
  const [content, setContent] = useState<Content>(from?.version.content ?? given ?? emptyContent(""));
  const [more, setMore] = useState(() => restOf(from?.version.content ?? given));
  const [problem, setProblem] = useState<string>();
  const model = content.model || standard || models[0] || "";
  const save = useMutation(
    trpc.prompts.save.mutationOptions({
      onSuccess: async ({ made, prompt, version }) => {
        await client.invalidateQueries(trpc.prompts.pathFilter());
        toast({
          tone: "good",
          text: made ? `Version ${version.number} is kept.` : "It says the same: no new version.",
        });
        router.push(`/prompts/${encodeURIComponent(prompt.name)}`);
        onClose();
      },
    }),
  );
  const refusal = save.error ? problemOf(save.error) : undefined;
  const change = (next: Partial<Content>) => setContent(withVariables({ ...content, ...next }));
  const setMessage = (at: number, next: Partial<Content["messages"][number]>) =>
    change({ messages: content.messages.map((one, i) => (i === at ? { ...one, ...next } : one)) });

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    try {
      const rest = JSON.parse(more) as Pick<Content, "parameters" | "tools" | "output">;
      setProblem(undefined);
      const messages = content.messages.filter(({ content: text }) => text.trim() !== "");
      const whole = { ...content, ...rest, model, messages };
      save.mutate({ name: name.trim(), content: whole, note, seen: from?.latest ?? 0 });
    } catch {
      setProblem("This is not JSON: a bracket or a comma is missing.");
    }
  }
  return (
    <Dialog
      open
      shape="wide"
      keeps="work"
      onClose={onClose}
      title={from ? `A new version of ${from.name}` : "New prompt"}
      description={from ? `Made from version ${from.version.number}; that one stays as it is.` : undefined}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} disabled={save.isPending}>
            Save version
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="grid gap-4">
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Name" {...(refusal?.fields.name && { problem: refusal.fields.name })}>
            {(control) => (
              <Input
                {...control}
                required
                disabled={from !== undefined}
                placeholder="support-triage"
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
            )}
          </Field>
          <Field label="Model that answers">
            {(control) => (
              <Select {...control} value={model} onChange={(event) => change({ model: event.currentTarget.value })}>
                {[...new Set([model, ...models])].map((one) => (
                  <option key={one} value={one}>
                    {one}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </div>
        {content.messages.map(({ content: text, role }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a message is known by its place alone
          <div key={at} className="grid gap-1.5">
            <div className="flex items-center gap-2">
              <Select
                aria-label={`Who says message ${at + 1}`}
                value={role}
                onChange={(event) => {
                  const next = event.currentTarget.value;
                  if (next === "system" || next === "user" || next === "assistant") setMessage(at, { role: next });
                }}
              >
                <option value="system">system</option>
                <option value="user">user</option>
                <option value="assistant">assistant</option>
              </Select>
              <IconButton
                label={`Take message ${at + 1} out`}
                size="sm"
                onClick={() => change({ messages: content.messages.filter((_, i) => i !== at) })}
              >
                <X />
              </IconButton>
            </div>
            <Textarea
              aria-label={`Message ${at + 1}`}
              rows={role === "system" ? 3 : 4}
              placeholder={role === "user" ? "{{message}}" : "You sort customers' messages."}
              value={text}
              onChange={(event) => setMessage(at, { content: event.currentTarget.value })}
            />
          </div>
        ))}
        <Button
          size="sm"
          className="justify-self-start"
          onClick={() => change({ messages: [...content.messages, { role: "user", content: "" }] })}
        >
          <Plus /> Message
        </Button>
        <VariableList variables={content.variables} onChange={(variables) => setContent({ ...content, variables })} />
        <details className="group">
          <summary className="focus-ring cursor-pointer rounded-sm font-medium text-ink-2 text-xs">
            Parameters, tools and output schema
          </summary>
          <Field label="As JSON" className="mt-2" {...(problem && { problem })}>
            {(control) => (
              <Textarea
                {...control}
                rows={8}
                className="font-mono text-xs"
                value={more}
                onChange={(event) => setMore(event.currentTarget.value)}
              />
            )}
          </Field>
        </details>
        <Field label="What changed" hint="For whoever reads the versions later.">
          {(control) => <Input {...control} value={note} onChange={(event) => setNote(event.currentTarget.value)} />}
        </Field>
        {refusal ? (
          <Notice tone="bad" hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
      </form>
    </Dialog>
  );
}

function restOf(content: Content | undefined): string {
  const { output = null, parameters = {}, tools = [] } = content ?? {};
  return JSON.stringify({ parameters, tools, output }, null, 2);
}
