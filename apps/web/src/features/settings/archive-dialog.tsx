"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { Project } from "./projects-panel.tsx";

export interface ArchiveDialogProps {
  readonly project: Project;
  readonly onClose: () => void;
}

/** Asks for the name: from the moment on, the project's keys are refused. */
export function ArchiveDialog({ project, onClose }: ArchiveDialogProps) {
  const form = useId();
  const [typed, setTyped] = useState("");
  const trpc = useTRPC();
  const client = useQueryClient();
  const { mutate, isPending, error } = useMutation(
    trpc.projects.archive.mutationOptions({
      onSuccess: ({ name }) => {
        toast({ tone: "good", text: `${name} is archived; its keys no longer work.` });
        onClose();
      },
      onSettled: () => client.invalidateQueries({ queryKey: trpc.projects.list.queryKey() }),
    }),
  );
  const refusal = error ? problemOf(error) : undefined;
  const meant = typed.trim() === project.name;

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (meant) mutate({ id: project.id, updatedAt: project.updatedAt });
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Archive ${project.name}?`}
      description="Its keys stop working at once, and programs that use them are refused. Nothing is deleted, and it can be brought back."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" form={form} disabled={!meant || isPending}>
            Archive
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="grid gap-4">
        <Field label={`Type “${project.name}” to confirm`}>
          {(control) => (
            <Input
              {...control}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              autoComplete="off"
              data-first-focus
            />
          )}
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
