"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Undo2 } from "lucide-react";
import { useCallback, useLayoutEffect, useState } from "react";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Kbd } from "../../ui/kbd.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { Judge } from "./judge.tsx";
import { ReviewFigures } from "./review-figures.tsx";
import type { Next, Said } from "./types.ts";

export function ReviewPage({ id }: { readonly id: string }) {
  const trpc = useTRPC();
  const next = useQuery(trpc.reviews.next.queryOptions({ queue: id }));
  const found = next.data;
  const refusal = next.error ? problemOf(next.error) : undefined;
  return (
    <Page
      name="Reviews"
      answer={found ? answerOf(found) : "Which answer is better?"}
      note={found?.name}
      actions={<ButtonLink href="/reviews">All queues</ButtonLink>}
    >
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      {found ? (
        <Queue id={id} found={found} isStale={next.isFetching} />
      ) : refusal ? null : (
        <Skeleton className="h-40" />
      )}
    </Page>
  );
}

function answerOf({ item, kind }: Next): string {
  if (item === null) return "You have judged everything here.";
  return kind === "pairs" ? "Which answer is better?" : "How good is this answer?";
}

interface QueueProps {
  readonly id: string;
  readonly found: Next;
  /** The next item is on its way: what is on screen was judged already. */
  readonly isStale: boolean;
}

function Queue({ found, id, isStale }: QueueProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [last, setLast] = useState<number>();
  const onError = (error: unknown) => toast({ tone: "bad", text: problemOf(error).message });
  const refresh = () => client.invalidateQueries({ queryKey: trpc.reviews.pathKey() });
  const submit = useMutation(
    trpc.reviews.submit.mutationOptions({
      onError,
      onSuccess: async ({ item }) => {
        setLast(item);
        await refresh();
      },
    }),
  );
  const back = useMutation(
    trpc.reviews.takeBack.mutationOptions({
      onError,
      onSuccess: async () => {
        setLast(undefined);
        await refresh();
      },
    }),
  );
  const busy = submit.isPending || back.isPending || isStale;
  const { mutate } = submit;
  const number = found.item?.number;
  const say = useCallback(
    (said: Said) => {
      if (!busy && number !== undefined) mutate({ queue: id, item: number, ...said });
    },
    [busy, id, mutate, number],
  );
  const { mutate: takeBack } = back;
  const undo = useCallback(() => {
    if (!busy && last !== undefined) takeBack({ queue: id, item: last });
  }, [busy, id, last, takeBack]);
  // Before the page is painted: who sees a button that can be pressed can press its key.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
      if (typing || event.metaKey || event.ctrlKey || event.altKey || event.repeat) return;
      if (event.key === "Backspace") {
        event.preventDefault();
        undo();
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [undo]);
  return (
    <>
      <Panel>
        <div className="flex flex-wrap items-center gap-3">
          <div
            role="progressbar"
            aria-label="Judged by you"
            aria-valuemin={0}
            aria-valuemax={found.items}
            aria-valuenow={found.mine}
            className="h-1.5 min-w-32 grow overflow-hidden rounded-full bg-hover"
          >
            <div
              className="h-full rounded-full bg-accent"
              style={{ width: `${(100 * found.mine) / Math.max(1, found.items)}%` }}
            />
          </div>
          <span className="text-ink-2 text-xs tabular-nums">
            {found.mine} of {found.items} judged by you
          </span>
          <Button size="sm" kind="quiet" disabled={last === undefined || busy} onClick={undo}>
            <Undo2 /> Take back <Kbd>⌫</Kbd>
          </Button>
        </div>
      </Panel>
      {found.item ? <Judge key={found.item.number} next={found} item={found.item} busy={busy} onSay={say} /> : null}
      <ReviewFigures queue={id} seen={found.mine} isDone={found.item === null} />
    </>
  );
}
