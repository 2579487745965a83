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

export interface ProjectDialogProps {
  /** The one to rename; a new one when left out. */
  readonly project?: Project;
  readonly onClose: () => void;
}

export function ProjectDialog({ project, onClose }: ProjectDialogProps) {
  const form = useId();
  const [name, setName] = useState(project?.name ?? "");
  const trpc = useTRPC();
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: trpc.projects.list.queryKey() });
  const done = (said: string) => {
    toast({ tone: "good", text: said });
    onClose();
  };
  const create = useMutation(
    trpc.projects.create.mutationOptions({ onSuccess: (made) => done(`${made.name} is ready for keys.`), onSettled }),
  );
  const rename = useMutation(
    trpc.projects.rename.mutationOptions({
      onSuccess: (made) => done(`The project is now called ${made.name}.`),
      onSettled,
    }),
  );
  const { error, isPending } = project ? rename : create;
  const refusal = error ? problemOf(error) : undefined;

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (project) rename.mutate({ id: project.id, name, updatedAt: project.updatedAt });
    else create.mutate({ name });
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={project ? `Rename ${project.name}` : "New project"}
      description={
        project
          ? "Its keys, its id and its short name stay as they are."
          : "A project keeps one product's keys apart from another's."
      }
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} disabled={isPending}>
            {project ? "Rename" : "Create"}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="grid gap-4">
        <Field label="Name" problem={refusal?.fields.name}>
          {(control) => (
            <Input
              {...control}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              autoComplete="off"
              data-first-focus
            />
          )}
        </Field>
        {refusal && !refusal.fields.name ? (
          <Notice
            tone={refusal.code === "conflict" ? "warn" : "bad"}
            hint={
              refusal.code === "conflict" && project
                ? `It is called “${project.name}” now. Rename again to call it “${name}” after all.`
                : refusal.hint
            }
          >
            {refusal.message}
          </Notice>
        ) : null}
      </form>
    </Dialog>
  );
}
