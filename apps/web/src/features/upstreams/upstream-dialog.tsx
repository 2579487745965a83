"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input, Textarea } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Switch } from "../../ui/switch.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { Upstream } from "./types.ts";
import { newUpstream, type UpstreamDraft, upstreamDraft, upstreamInput } from "./upstream-draft.ts";

const times = [
  { field: "connectS", label: "Connect within", input: "connectTimeoutMs" },
  { field: "firstByteS", label: "Begin within", input: "firstByteTimeoutMs" },
  { field: "idleS", label: "Silent for at most", input: "idleTimeoutMs" },
  { field: "totalS", label: "End within", input: "totalTimeoutMs" },
] as const;

export interface UpstreamDialogProps {
  /** The one to change; a new one when left out. */
  readonly upstream?: Upstream;
  /** Called with a new one, to be tested. */
  readonly onMade?: (upstream: Upstream) => void;
  readonly onClose: () => void;
}

export function UpstreamDialog({ upstream, onClose, onMade }: UpstreamDialogProps) {
  const form = useId();
  const trpc = useTRPC();
  const client = useQueryClient();
  const [seen] = useState(upstream?.updatedAt ?? "");
  const [draft, setDraft] = useState(upstream ? upstreamDraft(upstream) : newUpstream);
  const set = (changes: Partial<UpstreamDraft>) => setDraft({ ...draft, ...changes });
  const onSettled = () => client.invalidateQueries({ queryKey: trpc.upstreams.pathKey() });
  const create = useMutation(
    trpc.upstreams.create.mutationOptions({
      onSuccess: (made) => {
        onClose();
        onMade?.(made);
      },
      onSettled,
    }),
  );
  const update = useMutation(
    trpc.upstreams.update.mutationOptions({
      onSuccess: ({ name }) => {
        toast({ tone: "good", text: `Changed ${name}.`, hint: "It holds from the next request on." });
        onClose();
      },
      onSettled,
    }),
  );
  const { error, isPending } = upstream ? update : create;
  const refusal = error ? problemOf(error) : undefined;
  const problem = (field: string) =>
    Object.entries(refusal?.fields ?? {}).find(([name]) => name === field || name.startsWith(`${field}.`))?.[1];

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const input = upstreamInput(draft);
    if (upstream) update.mutate({ id: upstream.id, updatedAt: seen, ...input });
    else create.mutate(input);
  }
  const text = (field: keyof UpstreamDraft & ("name" | "baseUrl" | "secretHeader"), placeholder: string) => ({
    value: draft[field],
    placeholder,
    autoComplete: "off",
    spellCheck: false,
    onChange: (event: { currentTarget: { value: string } }) => set({ [field]: event.currentTarget.value }),
  });
  return (
    <Dialog
      open
      onClose={onClose}
      keeps="work"
      title={upstream ? `Change ${upstream.name}` : "Add an upstream"}
      description="Another server that speaks OpenAI's API: vLLM, SGLang, llama-server, or a hosted one."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} disabled={isPending}>
            {upstream ? "Save" : "Add and test"}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="grid gap-4">
        <Field
          label="Name"
          hint={`Its models are called ${draft.name.trim() || "name"}/model.`}
          problem={problem("name")}
        >
          {(control) => <Input {...control} {...text("name", "lab")} data-first-focus />}
        </Field>
        <Field
          label="Base URL"
          hint="What comes before /chat/completions. Addresses of your own network are fine."
          problem={problem("baseUrl")}
        >
          {(control) => <Input {...control} {...text("baseUrl", "https://api.example.com/v1")} inputMode="url" />}
        </Field>
        <Field
          label="Secret"
          hint={
            upstream?.hasSecret
              ? "One is stored; leave this empty to keep it. It is never shown again."
              : "Its API key, if it wants one. Stored encrypted, and never shown again."
          }
          problem={problem("secret")}
        >
          {(control) => (
            <Input
              {...control}
              type="password"
              autoComplete="new-password"
              value={draft.secret}
              onChange={(event) => set({ secret: event.currentTarget.value })}
            />
          )}
        </Field>
        {upstream?.hasSecret ? (
          <Switch
            label="Forget the stored secret"
            checked={draft.forgetSecret}
            onChange={(forgetSecret) => set({ forgetSecret })}
          />
        ) : null}
        <details className="group grid gap-4">
          <summary className="cursor-pointer rounded-xs text-ink-2 text-xs focus-ring hover:text-ink">
            Headers, models it does not list, time limits
          </summary>
          <div className="mt-4 grid gap-4">
            <Field label="Header of the secret" problem={problem("secretHeader")}>
              {(control) => <Input {...control} {...text("secretHeader", "authorization")} />}
            </Field>
            <Field
              label="More headers"
              hint="One a line, as name: value. Everybody who sees upstreams sees them."
              problem={problem("headers")}
            >
              {(control) => (
                <Textarea
                  {...control}
                  rows={2}
                  value={draft.headers}
                  onChange={(event) => set({ headers: event.currentTarget.value })}
                />
              )}
            </Field>
            <Field label="Models it does not list" hint="One a line." problem={problem("extraModels")}>
              {(control) => (
                <Textarea
                  {...control}
                  rows={2}
                  value={draft.extraModels}
                  onChange={(event) => set({ extraModels: event.currentTarget.value })}
                />
              )}
            </Field>
            <div className="grid gap-4 sm:grid-cols-2">
              {times.map(({ field, input, label }) => (
                <Field key={field} label={label} aside="seconds" problem={problem(input)}>
                  {(control) => (
                    <Input
                      {...control}
                      type="number"
                      inputMode="decimal"
                      min={0.1}
                      step="any"
                      value={draft[field]}
                      onChange={(event) => set({ [field]: event.currentTarget.value })}
                    />
                  )}
                </Field>
              ))}
            </div>
          </div>
        </details>
        {refusal && (Object.keys(refusal.fields).length === 0 || refusal.code !== "invalid") ? (
          <Notice tone={refusal.code === "conflict" ? "warn" : "bad"} hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
      </form>
    </Dialog>
  );
}
