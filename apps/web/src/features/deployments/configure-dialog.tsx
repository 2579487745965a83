"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Switch } from "../../ui/switch.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { draftsFor, type SettingsDraft, settingsDraft, settingsOf } from "./settings-draft.ts";
import type { Deployment } from "./types.ts";

const numbers = [
  { field: "contextLength", label: "Context length", unit: "tokens", hint: "The longest request: prompt and answer." },
  { field: "kvCacheMiB", label: "KV cache", unit: "MiB", hint: "Memory for what running requests have read." },
  { field: "maxInFlight", label: "Requests at once", unit: "requests", hint: "More than these are told to come back." },
  {
    field: "idleMinutes",
    label: "Unload after",
    unit: "idle minutes",
    hint: "Frees its memory; the next request loads it.",
  },
  {
    field: "replicas",
    label: "Replicas",
    unit: "workers",
    hint: "Processes that share its requests, each with memory of its own. They help where cores are left over.",
  },
] as const;

/** How the work of each replica is divided: most models on one machine need none of it. */
const divisions = [
  {
    field: "prefillReplicas",
    label: "Prefill workers",
    unit: "workers",
    least: 0,
    hint: "They read prompts and hand what they read to the replicas, which then only write. 0: each reads its own.",
  },
  {
    field: "layerStages",
    label: "Parts of the layers",
    unit: "workers each",
    least: 1,
    hint: "Each part of a replica's layers, with its share of the KV cache, in a process of its own.",
  },
  {
    field: "embeddingWorkers",
    label: "Embedding",
    unit: "workers each",
    least: 0,
    hint: "0: the first part of the layers does it.",
  },
  {
    field: "headWorkers",
    label: "Logits and sampling",
    unit: "workers each",
    least: 0,
    hint: "0: the last part of the layers does it.",
  },
] as const;

export interface ConfigureDialogProps {
  readonly deployment: Deployment;
  readonly onClose: () => void;
}

export function ConfigureDialog({ deployment, onClose }: ConfigureDialogProps) {
  const form = useId();
  const trpc = useTRPC();
  const client = useQueryClient();
  const [seen] = useState(deployment.updatedAt);
  const [draft, setDraft] = useState(settingsDraft(deployment.settings));
  const models = useQuery(trpc.models.list.queryOptions());
  const drafts = draftsFor(deployment, models.data?.models ?? []);
  const set = (changes: Partial<SettingsDraft>) => setDraft({ ...draft, ...changes });
  const { mutate, isPending, error } = useMutation(
    trpc.deployments.configure.mutationOptions({
      onSuccess: ({ needsRestart }) => {
        const hint = needsRestart ? "It holds once the model was restarted." : "It holds.";
        toast({ tone: "good", text: `Changed how ${deployment.model} is served.`, hint });
        onClose();
      },
      onSettled: () => client.invalidateQueries({ queryKey: trpc.deployments.list.queryKey() }),
    }),
  );
  const refusal = error ? problemOf(error) : undefined;
  const problem = (field: keyof SettingsDraft) => refusal?.fields[field === "kvCacheMiB" ? "kvCacheBytes" : field];

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    mutate({ model: deployment.model, updatedAt: seen, ...settingsOf(draft) });
  }
  return (
    <Dialog
      open
      onClose={onClose}
      keeps="work"
      title={`How ${deployment.model} is served`}
      description="What is left empty is chosen for this machine."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} disabled={isPending}>
            Save
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="grid gap-4">
        <div className="grid gap-4 sm:grid-cols-2">
          {numbers.map(({ field, hint, label, unit }) => (
            <Field key={field} label={label} aside={unit} hint={hint} problem={problem(field)}>
              {(control) => (
                <Input
                  {...control}
                  type="number"
                  inputMode="numeric"
                  min={1}
                  placeholder="automatic"
                  value={draft[field]}
                  onChange={(event) => set({ [field]: event.currentTarget.value })}
                />
              )}
            </Field>
          ))}
        </div>
        <details className="rounded-md border border-line px-3 py-2">
          <summary className="cursor-pointer font-medium">Pools and stages</summary>
          <p className="mt-2 text-ink-2">
            Reading prompts, writing answers and the parts of the model may scale apart.{" "}
            <code>tug bench serve --explain</code> says which of them this machine is short of.
          </p>
          <div className="mt-3 grid items-start gap-4 sm:grid-cols-2">
            {divisions.map(({ field, hint, label, least, unit }) => (
              <Field key={field} label={label} aside={unit} hint={hint} problem={problem(field)}>
                {(control) => (
                  <Input
                    {...control}
                    type="number"
                    inputMode="numeric"
                    min={least}
                    value={draft[field]}
                    onChange={(event) => set({ [field]: event.currentTarget.value })}
                  />
                )}
              </Field>
            ))}
          </div>
        </details>
        <Field
          label="KV cache in"
          hint="8 bits hold 1.7 times as much and round as weights of 8 bits do."
          problem={problem("kvType")}
        >
          {(control) => (
            <Select {...control} value={draft.kvType} onChange={(event) => set({ kvType: event.currentTarget.value })}>
              <option value="">automatic (16 bits)</option>
              <option value="f16">16 bits (f16)</option>
              <option value="q8_0">8 bits (q8_0)</option>
              <option value="f32">32 bits (f32)</option>
            </Select>
          )}
        </Field>
        <Field
          label="Draft model"
          hint="A smaller model with the same tokenizer guesses the next words, and the model checks several at once. It changes no answer, and rests where it doesn’t pay."
          problem={problem("draft")}
        >
          {(control) => (
            <Select {...control} value={draft.draft} onChange={(event) => set({ draft: event.currentTarget.value })}>
              <option value="">None: guesses come from the text itself</option>
              {drafts.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Device" problem={problem("device")}>
          {(control) => (
            <Select {...control} value={draft.device} onChange={(event) => set({ device: event.currentTarget.value })}>
              <option value="">As the service is set</option>
              <option value="auto">A GPU if there is one, else the CPU</option>
              <option value="webgpu">GPU</option>
              <option value="cpu">CPU</option>
            </Select>
          )}
        </Field>
        <Switch
          label="Keep it loaded"
          hint="It is never unloaded to make room for another model."
          checked={draft.pinned}
          onChange={(pinned) => set({ pinned })}
        />
        {refusal && Object.keys(refusal.fields).length === 0 ? (
          <Notice tone={refusal.code === "conflict" ? "warn" : "bad"} hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
      </form>
    </Dialog>
  );
}
