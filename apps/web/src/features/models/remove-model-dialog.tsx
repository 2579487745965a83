"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { bytes, plural, written } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Switch } from "../../ui/switch.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";

export interface RemoveModelDialogProps {
  readonly name: string;
  readonly onClose: () => void;
}

/** Lists what depends on the model, and asks for its name. */
export function RemoveModelDialog({ name, onClose }: RemoveModelDialogProps) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const [typed, setTyped] = useState("");
  const [deleteFile, setDeleteFile] = useState(false);
  const dependents = useQuery(trpc.models.dependents.queryOptions({ name }));
  const listKey = trpc.models.list.queryKey();
  const remove = useMutation(
    trpc.models.remove.mutationOptions({
      // It leaves the list at once; refused, it is back, with the reason.
      onMutate: async () => {
        await queries.cancelQueries({ queryKey: listKey });
        const before = queries.getQueryData(listKey);
        queries.setQueryData(
          listKey,
          (old) => old && { ...old, models: old.models.filter((one) => one.name !== name) },
        );
        return { before };
      },
      onError: (error, _, kept) => {
        if (kept?.before) queries.setQueryData(listKey, kept.before);
        const { hint, message } = problemOf(error);
        toast({ tone: "bad", text: `${name} is still there. ${message}`, ...(hint && { hint }) });
      },
      onSuccess: () => {
        toast({ tone: "good", text: `Removed ${name}.`, hint: "Requests for it are refused from now on." });
        onClose();
        router.push("/models");
      },
      onSettled: () => void queries.invalidateQueries({ queryKey: listKey }),
    }),
  );
  const found = dependents.data;
  const refusal = remove.error ? problemOf(remove.error) : undefined;
  const pointedTo = (found?.aliases.length ?? 0) > 0;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (typed.trim() === name && !pointedTo) remove.mutate({ name, deleteFile });
  }

  return (
    <Dialog open onClose={onClose} title={`Remove ${name}`} description="Requests for it are refused from then on.">
      <form onSubmit={submit} className="grid gap-5">
        {dependents.error ? <Notice tone="bad">{problemOf(dependents.error).message}</Notice> : null}
        {found === undefined && !dependents.error ? <Skeleton className="h-16 rounded-md" /> : null}
        {found ? (
          <ul className="grid list-disc gap-1 pl-5 text-ink-2">
            {found.aliases.map((alias) => (
              <li key={alias.id} className="text-bad">
                The alias {alias.name} points to it: move it elsewhere first.
              </li>
            ))}
            {found.keys.map((key) => (
              <li key={key.id}>
                The key {key.name} names it{key.only ? " and may use nothing else: it opens nothing afterwards." : "."}
              </li>
            ))}
            {found.loaded ? (
              <li>
                It is loaded{found.inFlight > 0 ? `, and ${plural(found.inFlight, "request")} in it will fail` : ""}.
              </li>
            ) : null}
            {found.isDefault ? <li>It is the default model: another takes its place.</li> : null}
            {found.speeds > 0 ? <li>Its measured speed goes with it.</li> : null}
            {found.ownFiles > 0 ? null : <li>Its files stay where they are.</li>}
          </ul>
        ) : null}
        {found && found.ownFiles > 0 ? (
          <Switch
            label={`Delete its files as well (${written(bytes(found.ownFiles))})`}
            hint="They were uploaded or downloaded. Without this they stay on the service's disk."
            checked={deleteFile}
            onChange={setDeleteFile}
          />
        ) : null}
        <Field label={`Type ${name} to remove it`}>
          {(control) => (
            <Input
              {...control}
              data-first-focus
              value={typed}
              autoComplete="off"
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
          )}
        </Field>
        {refusal ? (
          <Notice tone="bad" hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
        <footer className="flex justify-end gap-2">
          <Button kind="quiet" onClick={onClose}>
            Keep it
          </Button>
          <Button
            type="submit"
            kind="danger"
            disabled={typed.trim() !== name || pointedTo || found === undefined || remove.isPending}
          >
            {remove.isPending ? "Removing" : "Remove the model"}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
