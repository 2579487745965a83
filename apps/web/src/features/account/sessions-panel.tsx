"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { toast } from "../../ui/toast.tsx";
import { momentOf } from "../audit/moment.ts";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { browserName } from "./browser-name.ts";

/** The newest of them; the rest are a click away. */
const atFirst = 6;

/** Where one is signed in, and a way to end what one does not know. */
export function SessionsPanel() {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { data, error } = useQuery(trpc.session.list.queryOptions());
  const onSettled = () => client.invalidateQueries({ queryKey: trpc.session.list.queryKey() });
  const onError = (cause: unknown) =>
    toast({ tone: "bad", text: problemOf(cause).message, hint: problemOf(cause).hint });
  const end = useMutation(
    trpc.session.end.mutationOptions({
      onSuccess: () => toast({ tone: "good", text: "That browser has to sign in again." }),
      onError,
      onSettled,
    }),
  );
  const endOthers = useMutation(
    trpc.session.endOthers.mutationOptions({
      onSuccess: ({ ended }) =>
        toast({ tone: "good", text: ended === 1 ? "One session ended." : `${ended} sessions ended.` }),
      onError,
      onSettled,
    }),
  );
  const [all, setAll] = useState(false);
  const shown = all ? data?.sessions : data?.sessions.slice(0, atFirst);
  const hidden = (data?.sessions.length ?? 0) - (shown?.length ?? 0);
  const others = data?.sessions.filter(({ current }) => !current) ?? [];
  return (
    <Panel
      title="Where you are signed in"
      padded={false}
      actions={
        others.length > 0 ? (
          <Button kind="quiet" size="sm" disabled={endOthers.isPending} onClick={() => endOthers.mutate()}>
            End all others
          </Button>
        ) : null
      }
    >
      {error ? (
        <Notice tone="bad" className="m-4">
          {problemOf(error).message}
        </Notice>
      ) : null}
      {data || error ? null : <Skeleton className="m-4 h-10" />}
      <ul aria-label="Sessions">
        {shown?.map(({ address, createdAt, current, id, userAgent }) => (
          <li
            key={id}
            className="flex min-h-12 items-center justify-between gap-3 border-line border-b px-4 py-2 last:border-b-0"
          >
            <div className="min-w-0">
              <p className="flex items-center gap-2 font-medium">
                <span className="truncate" title={userAgent ?? undefined}>
                  {browserName(userAgent)}
                </span>
                {current ? <Badge>this one</Badge> : null}
              </p>
              <p className="truncate text-ink-3 text-xs">
                {address ? `from ${address} · ` : ""}since {momentOf(createdAt)}
              </p>
            </div>
            {current ? null : (
              <Button size="sm" disabled={end.isPending} onClick={() => end.mutate({ id })}>
                End
                <span className="sr-only"> the session of {browserName(userAgent)}</span>
              </Button>
            )}
          </li>
        ))}
      </ul>
      {hidden > 0 ? (
        <div className="border-line border-t px-4 py-2">
          <Button kind="quiet" size="sm" onClick={() => setAll(true)}>
            Show {hidden} more
          </Button>
        </div>
      ) : null}
    </Panel>
  );
}
