"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Field, Textarea } from "../../ui/field.tsx";
import { Kbd } from "../../ui/kbd.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { ReviewFigures } from "./review-figures.tsx";
import type { Item, Next } from "./types.ts";

export function ReviewPage({ id }: { readonly id: string }) {
  const trpc = useTRPC();
  const next = useQuery(trpc.reviews.next.queryOptions({ queue: id }));
  const found = next.data;
  const refusal = next.error ? problemOf(next.error) : undefined;
  return (
    <Page
      name="Reviews"
      answer={found ? answerOf(found) : "Which answer is better?"}
      note={found ? `${found.name}: ${found.mine} of ${found.items} judged by you` : undefined}
      actions={<ButtonLink href="/reviews">All queues</ButtonLink>}
    >
      {refusal ? (
        <Notice tone="bad" hint={refusal.hint}>
          {refusal.message}
        </Notice>
      ) : null}
      {found?.item ? <Judge key={found.item.number} queue={id} next={found} item={found.item} /> : null}
      {found ? <ReviewFigures queue={id} seen={found.mine} /> : refusal ? null : <Skeleton className="h-40" />}
    </Page>
  );
}

function answerOf({ item, kind }: Next): string {
  if (item === null) return "You have judged everything here.";
  return kind === "pairs" ? "Which answer is better?" : "How good is this answer?";
}

type Side = "left" | "right" | "tie" | "neither";
const sides: Readonly<Record<string, Side>> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "tie",
  ArrowDown: "neither",
};

function Judge({ item, next, queue }: { readonly item: Item; readonly next: Next; readonly queue: string }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [correction, setCorrection] = useState("");
  const begun = useRef(Date.now());
  const submit = useMutation(
    trpc.reviews.submit.mutationOptions({
      onError: (error) => toast({ tone: "bad", text: problemOf(error).message }),
      onSuccess: () => client.invalidateQueries({ queryKey: trpc.reviews.pathKey() }),
    }),
  );
  const { isPending, mutate } = submit;
  const say = useCallback(
    (said: { readonly preferred?: Side; readonly rating?: number }) => {
      if (isPending) return;
      const seconds = Math.min(86_400, (Date.now() - begun.current) / 1000);
      mutate({ queue, item: item.number, seconds, correction: correction.trim() === "" ? null : correction, ...said });
    },
    [correction, isPending, item.number, mutate, queue],
  );
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
      if (typing || event.metaKey || event.ctrlKey || event.altKey || event.repeat) return;
      const side = sides[event.key];
      const digit = Number(event.key);
      if (next.kind === "pairs" && side !== undefined) {
        event.preventDefault();
        say({ preferred: side });
      } else if (next.kind === "rating" && digit >= 1 && digit <= next.highest) {
        event.preventDefault();
        say({ rating: digit });
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [next.highest, next.kind, say]);
  return (
    <>
      <Panel title="What was asked">
        <p className="whitespace-pre-wrap break-words">{shown(item.input)}</p>
      </Panel>
      <div className={`grid gap-4 ${item.right === null ? "" : "sm:grid-cols-2"}`}>
        <Panel title={item.right === null ? "Answer" : "Left"}>
          <p className="whitespace-pre-wrap break-words font-mono text-sm">{item.left || "(nothing)"}</p>
        </Panel>
        {item.right === null ? null : (
          <Panel title="Right">
            <p className="whitespace-pre-wrap break-words font-mono text-sm">{item.right || "(nothing)"}</p>
          </Panel>
        )}
      </div>
      {next.kind === "pairs" ? (
        <div className="flex flex-wrap gap-2">
          <Button disabled={isPending} onClick={() => say({ preferred: "left" })}>
            Left <Kbd>←</Kbd>
          </Button>
          <Button disabled={isPending} onClick={() => say({ preferred: "right" })}>
            Right <Kbd>→</Kbd>
          </Button>
          <Button disabled={isPending} onClick={() => say({ preferred: "tie" })}>
            Equally good <Kbd>↑</Kbd>
          </Button>
          <Button disabled={isPending} onClick={() => say({ preferred: "neither" })}>
            Neither <Kbd>↓</Kbd>
          </Button>
        </div>
      ) : (
        <div className="grid gap-4">
          <Field label="A better answer" hint="Optional: it becomes the expected answer of an example">
            {(control) => (
              <Textarea
                {...control}
                rows={3}
                value={correction}
                onChange={({ target }) => setCorrection(target.value)}
              />
            )}
          </Field>
          <div className="flex flex-wrap gap-2">
            {Array.from({ length: next.highest }, (_, i) => i + 1).map((rating) => (
              <Button
                key={rating}
                disabled={isPending}
                aria-label={`${rating} of ${next.highest}`}
                onClick={() => say({ rating })}
              >
                <Kbd>{String(rating)}</Kbd>
                {rating === 1 ? "bad" : rating === next.highest ? "very good" : ""}
              </Button>
            ))}
          </div>
        </div>
      )}
    </>
  );
}

/** An input as text: its only field, or its JSON. */
function shown(input: unknown): string {
  if (typeof input === "string") return input;
  if (typeof input === "object" && input !== null) {
    const values = Object.values(input);
    if (values.length === 1 && typeof values[0] === "string") return values[0];
  }
  return JSON.stringify(input, null, 2);
}
