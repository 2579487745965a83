"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Undo2 } from "lucide-react";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { toast } from "../../ui/toast.tsx";
import { fullMoment, momentOf } from "../audit/moment.ts";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { inWords } from "./target-view.tsx";
import type { Alias } from "./types.ts";

/** Where an alias pointed and when, the newest first; each earlier state is one click away. */
export function AliasHistory({ alias, mayWrite }: { readonly alias: Alias; readonly mayWrite: boolean }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { data, error } = useQuery(
    trpc.aliases.get.queryOptions({ id: alias.id }, { refetchInterval: 10_000, staleTime: 0 }),
  );
  const { mutate, isPending } = useMutation(
    trpc.aliases.rollback.mutationOptions({
      onSuccess: ({ name, current }) =>
        toast({ tone: "good", text: `${name} is back at version ${current.restores}.`, hint: inWords(current) }),
      onError: (cause) => toast({ tone: "bad", text: problemOf(cause).message, hint: problemOf(cause).hint }),
      onSettled: () => client.invalidateQueries({ queryKey: trpc.aliases.pathKey() }),
    }),
  );
  if (error) return <Notice tone="bad">{problemOf(error).message}</Notice>;
  if (!data) return <Skeleton className="h-16" />;
  return (
    <ol aria-label={`History of ${alias.name}`} className="ml-1.5 border-line border-l">
      {data.versions.map((version, index) => (
        <li key={version.number} className="relative grid gap-0.5 py-2 pl-4">
          <span
            aria-hidden
            className={`-left-[4.5px] absolute top-[15px] size-2 rounded-full ${index === 0 ? "bg-accent" : "bg-control"}`}
          />
          <div className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
            <p className="flex min-w-0 flex-wrap items-center gap-2">
              <span className="text-ink-3 text-xs">version {version.number}</span>
              <span className="break-all font-mono text-xs">{inWords(version)}</span>
              {index === 0 ? <Badge tone="accent">serves</Badge> : null}
              {version.restores === null ? null : <Badge>as version {version.restores}</Badge>}
            </p>
            {mayWrite && index > 0 ? (
              <Button
                size="sm"
                kind="quiet"
                disabled={isPending}
                onClick={() => mutate({ id: alias.id, version: version.number, updatedAt: data.updatedAt })}
              >
                <Undo2 /> Roll back
                <span className="sr-only"> to version {version.number}</span>
              </Button>
            ) : null}
          </div>
          <p className="text-ink-3 text-xs">
            <time dateTime={version.createdAt} title={fullMoment(version.createdAt)}>
              {momentOf(version.createdAt)}
            </time>{" "}
            by {version.createdByName ?? version.createdBy}
            {version.note ? ` · ${version.note}` : ""}
          </p>
        </li>
      ))}
    </ol>
  );
}
