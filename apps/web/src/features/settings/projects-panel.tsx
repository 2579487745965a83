"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";
import { Archive, ArchiveRestore, Pencil, Plus } from "lucide-react";
import { useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Button, IconButton } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { toast } from "../../ui/toast.tsx";
import { dayOf } from "../audit/moment.ts";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { ArchiveDialog } from "./archive-dialog.tsx";
import { ProjectDialog } from "./project-dialog.tsx";

export type Project = inferRouterOutputs<AppRouter>["projects"]["list"]["projects"][number];

type Open = { readonly act: "create" } | { readonly act: "rename" | "archive"; readonly project: Project };

export function ProjectsPanel({ mayWrite }: { readonly mayWrite: boolean }) {
  const trpc = useTRPC();
  const { data, error } = useQuery(trpc.projects.list.queryOptions({ archived: true }));
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const bringBack = useBringBack();
  // Those that were put away come last.
  const projects = data?.projects.toSorted((a, b) => Number(a.archivedAt !== null) - Number(b.archivedAt !== null));
  return (
    <Panel
      title="Projects"
      note="each has its own keys"
      padded={false}
      actions={
        mayWrite ? (
          <Button kind="quiet" size="sm" onClick={() => setOpen({ act: "create" })}>
            <Plus /> New project
          </Button>
        ) : null
      }
    >
      {error ? (
        <Notice tone="bad" className="m-4">
          {problemOf(error).message}
        </Notice>
      ) : null}
      {projects || error ? null : <Skeleton className="m-4 h-10" />}
      <ul>
        {projects?.map((project) => (
          <li
            key={project.id}
            className="flex min-h-12 items-center justify-between gap-3 border-line border-b px-4 py-2 last:border-b-0"
          >
            <div className="min-w-0">
              <p className="flex items-center gap-2 font-medium">
                <span className="truncate">{project.name}</span>
                {project.archivedAt ? <Badge>archived</Badge> : null}
              </p>
              <p className="truncate text-ink-3 text-xs">
                {project.slug} · since {dayOf(project.createdAt)}
              </p>
            </div>
            {mayWrite && project.archivedAt ? (
              <Button size="sm" onClick={() => bringBack(project)}>
                <ArchiveRestore /> Bring back
                <span className="sr-only"> {project.name}</span>
              </Button>
            ) : null}
            {mayWrite && !project.archivedAt ? (
              <span className="flex">
                <IconButton
                  label={`Rename ${project.name}`}
                  title="Rename"
                  size="sm"
                  onClick={() => setOpen({ act: "rename", project })}
                >
                  <Pencil />
                </IconButton>
                <IconButton
                  label={`Archive ${project.name}`}
                  title="Archive"
                  size="sm"
                  onClick={() => setOpen({ act: "archive", project })}
                >
                  <Archive />
                </IconButton>
              </span>
            ) : null}
          </li>
        ))}
      </ul>
      {open?.act === "create" ? <ProjectDialog onClose={close} /> : null}
      {open?.act === "rename" ? <ProjectDialog project={current(projects, open.project)} onClose={close} /> : null}
      {open?.act === "archive" ? <ArchiveDialog project={current(projects, open.project)} onClose={close} /> : null}
    </Panel>
  );
}

/** What is given back to use takes no asking: archiving undoes it. */
function useBringBack(): (project: Project) => void {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { mutate } = useMutation(
    trpc.projects.unarchive.mutationOptions({
      onSuccess: ({ name }) => toast({ tone: "good", text: `${name} is back; its keys work again.` }),
      onError: (cause) => toast({ tone: "bad", text: problemOf(cause).message, hint: problemOf(cause).hint }),
      onSettled: () => client.invalidateQueries({ queryKey: trpc.projects.list.queryKey() }),
    }),
  );
  return ({ id, updatedAt }) => mutate({ id, updatedAt });
}

/** A project as it is now, when it changed under an open dialog. */
function current(projects: readonly Project[] | undefined, project: Project): Project {
  return projects?.find(({ id }) => id === project.id) ?? project;
}
