"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "../../ui/toast.tsx";
import { ConfirmByName } from "../service/confirm-by-name.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { Project } from "./projects-panel.tsx";

export interface ArchiveDialogProps {
  readonly project: Project;
  readonly onClose: () => void;
}

/** Asks for the name: from the moment on, the project's keys are refused. */
export function ArchiveDialog({ project, onClose }: ArchiveDialogProps) {
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
  return (
    <ConfirmByName
      name={project.name}
      title={`Archive ${project.name}?`}
      description="Its keys stop working at once, and programs that use them are refused. Nothing is deleted, and it can be brought back."
      action="Archive"
      pending={isPending}
      refusal={error ? problemOf(error) : undefined}
      onConfirm={() => mutate({ id: project.id, updatedAt: project.updatedAt })}
      onClose={onClose}
    />
  );
}
