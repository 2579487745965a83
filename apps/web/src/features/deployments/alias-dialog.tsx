"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Slider } from "../../ui/slider.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { changesOf, draftOf, isBeyondForm, planOf } from "./plan-draft.ts";
import type { Alias, Choice } from "./types.ts";

export interface AliasDialogProps {
  /** The one to move; a new one when left out. */
  readonly alias?: Alias;
  readonly choices: readonly Choice[];
  readonly onClose: () => void;
}

export function AliasDialog({ alias, choices, onClose }: AliasDialogProps) {
  const form = useId();
  const trpc = useTRPC();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [note, setNote] = useState("");
  const [draft, setDraft] = useState(
    alias ? draftOf(alias.current) : { main: choices[0]?.key ?? "", canary: "", share: 10, failover: "" },
  );
  const plan = planOf(draft, choices);
  const changes = changesOf(alias?.current, plan, choices);
  const onSettled = () => client.invalidateQueries({ queryKey: trpc.aliases.pathKey() });
  const create = useMutation(
    trpc.aliases.create.mutationOptions({
      onSuccess: (made) => {
        toast({ tone: "good", text: `${made.name} serves.`, hint: "Requests can name it from now on." });
        onClose();
      },
      onSettled,
    }),
  );
  const move = useMutation(
    trpc.aliases.move.mutationOptions({
      onSuccess: (moved) => {
        toast({ tone: "good", text: `${moved.name} moved.`, hint: "Running answers end where they began." });
        onClose();
      },
      onSettled,
    }),
  );
  const { error, isPending } = alias ? move : create;
  const refusal = error ? problemOf(error) : undefined;

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (plan === undefined) return;
    if (alias) move.mutate({ id: alias.id, plan, note, updatedAt: alias.updatedAt });
    else create.mutate({ name, plan, note });
  }
  const options = choices.map(({ key, name }) => (
    <option key={key} value={key}>
      {name}
    </option>
  ));
  const canaryName = choices.find(({ key }) => key === draft.canary)?.name;
  return (
    <Dialog
      open
      onClose={onClose}
      keeps="work"
      title={alias ? `Move ${alias.name}` : "New alias"}
      description={
        alias
          ? "It holds from the next request on. You can roll back with one click."
          : "A stable name for programs. You can point it elsewhere later without changing them."
      }
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} disabled={isPending || plan === undefined}>
            {alias ? "Move" : "Create"}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="grid gap-4">
        {alias ? null : (
          <Field label="Name" hint="What requests put in “model”." problem={refusal?.fields.name}>
            {(control) => (
              <Input
                {...control}
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
                autoComplete="off"
                spellCheck={false}
                placeholder="support"
                data-first-focus
              />
            )}
          </Field>
        )}
        <Field label="Points to">
          {(control) => (
            <Select
              {...control}
              value={draft.main}
              onChange={(event) => setDraft({ ...draft, main: event.currentTarget.value })}
            >
              {options}
            </Select>
          )}
        </Field>
        <Field label="Try another with a share of the users" hint="The same user always gets the same one.">
          {(control) => (
            <Select
              {...control}
              value={draft.canary}
              onChange={(event) => setDraft({ ...draft, canary: event.currentTarget.value })}
            >
              <option value="">No, everything goes to one</option>
              {options}
            </Select>
          )}
        </Field>
        {canaryName !== undefined && draft.canary !== draft.main ? (
          <Slider
            label={`Share of ${canaryName}, in percent`}
            value={draft.share}
            min={1}
            max={99}
            step={1}
            onChange={(share) => setDraft({ ...draft, share })}
          />
        ) : null}
        <Field label="When that is down" hint="Asked only when no answer has begun, so that none is made twice.">
          {(control) => (
            <Select
              {...control}
              value={draft.failover}
              onChange={(event) => setDraft({ ...draft, failover: event.currentTarget.value })}
            >
              <option value="">Say so to the client</option>
              {options}
            </Select>
          )}
        </Field>
        <Field label="Note" hint="Why; shown in the history." problem={refusal?.fields.note}>
          {(control) => (
            <Input {...control} value={note} onChange={(event) => setNote(event.currentTarget.value)} maxLength={500} />
          )}
        </Field>
        {alias ? <Difference changes={changes} /> : null}
        {alias && isBeyondForm(alias.current) ? (
          <Notice tone="warn">It has more targets than this form shows; moving it here keeps only these.</Notice>
        ) : null}
        {refusal && !refusal.fields.name ? (
          <Notice tone={refusal.code === "conflict" ? "warn" : "bad"} hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
      </form>
    </Dialog>
  );
}

function Difference({ changes }: { readonly changes: ReturnType<typeof changesOf> }) {
  if (changes.length === 0) return <p className="text-ink-3 text-xs">Nobody's requests go elsewhere than before.</p>;
  return (
    <section aria-label="What changes" className="grid gap-1 rounded-md border border-line bg-canvas px-3 py-2">
      {changes.map(({ after, before, name }) => (
        <p key={name} className="flex items-center justify-between gap-3 text-xs">
          <span className="min-w-0 break-all font-mono">{name}</span>
          <span className="flex shrink-0 items-center gap-1.5 tabular-nums">
            <span className="text-ink-3">{before} %</span>
            <ArrowRight aria-label="becomes" className="size-3 text-ink-3" />
            <span className="font-medium">{after} %</span>
          </span>
        </p>
      ))}
    </section>
  );
}
