"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ThumbsDown, ThumbsUp } from "lucide-react";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Field, Textarea } from "../../ui/field.tsx";
import { fromNow } from "../../ui/format.ts";
import { Panel } from "../../ui/panel.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import type { Opinion } from "./types.ts";

/** What people and programs thought of the answer, and what this reader does. */
export function FeedbackPanel({ id, feedback }: { readonly id: string; readonly feedback: readonly Opinion[] }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [correcting, setCorrecting] = useState(false);
  const [text, setText] = useState("");
  const rate = useMutation(
    trpc.traces.rate.mutationOptions({
      onSuccess: async () => {
        setCorrecting(false);
        setText("");
        await client.invalidateQueries({ queryKey: trpc.traces.get.queryKey({ id }) });
      },
      onError: (error) => toast({ tone: "bad", text: problemOf(error).message }),
    }),
  );
  return (
    <Panel
      title="Feedback"
      actions={
        <>
          <Button
            size="sm"
            kind="quiet"
            disabled={rate.isPending}
            onClick={() => rate.mutate({ id, kind: "thumb", value: 1 })}
          >
            <ThumbsUp /> Good
          </Button>
          <Button
            size="sm"
            kind="quiet"
            disabled={rate.isPending}
            onClick={() => rate.mutate({ id, kind: "thumb", value: 0 })}
          >
            <ThumbsDown /> Bad
          </Button>
          <Button size="sm" kind="quiet" aria-expanded={correcting} onClick={() => setCorrecting(!correcting)}>
            Correct it
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        {correcting ? (
          <form
            className="grid gap-3"
            onSubmit={(event) => {
              event.preventDefault();
              rate.mutate({ id, kind: "correction", text });
            }}
          >
            <Field label="What the answer should have been">
              {(control) => (
                <Textarea
                  {...control}
                  rows={4}
                  required
                  value={text}
                  onChange={(event) => setText(event.currentTarget.value)}
                />
              )}
            </Field>
            <div>
              <Button type="submit" kind="primary" disabled={text.trim() === "" || rate.isPending}>
                Save the correction
              </Button>
            </div>
          </form>
        ) : null}
        {feedback.length === 0 ? (
          <p className="text-ink-2">Nobody has said yet whether this answer was good.</p>
        ) : (
          <ul className="grid gap-2">
            {feedback.map((one) => (
              <li key={one.id} className="flex flex-wrap items-baseline gap-x-2">
                <span className="font-medium">{inWords(one)}</span>
                {one.text ? <span className="min-w-0 break-words">{one.text}</span> : null}
                <span className="text-ink-3 text-xs">
                  {one.by}, {fromNow(Date.parse(one.at), Date.now())}
                </span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </Panel>
  );
}

function inWords({ kind, value }: Opinion): string {
  if (kind === "correction") return "Should be:";
  if (kind === "score") return `Score ${value ?? 0}`;
  return value === 1 ? "Good" : "Bad";
}
