"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { fromNow } from "../../ui/format.ts";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";

export interface CommentsProps {
  readonly kind: "prompt-version" | "example" | "score";
  readonly subjectId: string;
}

/** What people say about it. `@Name` mentions a member. */
export function Comments({ kind, subjectId }: CommentsProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { may } = useSession();
  const [body, setBody] = useState("");
  const comments = useQuery(trpc.comments.list.queryOptions({ kind, subjectId })).data?.comments ?? [];
  const members =
    useQuery(trpc.members.list.queryOptions(undefined, { enabled: body.includes("@") })).data?.members ?? [];
  const add = useMutation(
    trpc.comments.add.mutationOptions({
      onSuccess: async () => {
        setBody("");
        await client.invalidateQueries(trpc.comments.list.queryFilter({ kind, subjectId }));
      },
    }),
  );
  const resolve = useMutation(
    trpc.comments.resolve.mutationOptions({
      onSuccess: () => client.invalidateQueries(trpc.comments.list.queryFilter({ kind, subjectId })),
    }),
  );
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const mentions = members.filter(({ name }) => body.includes(`@${name}`)).map(({ userId }) => userId);
    add.mutate({ kind, subjectId, body, mentions });
  }
  const write = may("datasets:write");
  return (
    <section className="grid gap-2">
      <h3 className="font-medium text-ink-2 text-xs">Comments</h3>
      {comments.length > 0 ? (
        <ul className="grid gap-2">
          {comments.map(({ body: said, createdAt, createdByName, id, resolvedAt }) => (
            <li key={id} className="grid gap-0.5 text-xs">
              <p className="flex flex-wrap items-baseline gap-x-2 text-ink-3">
                <span className="font-medium text-ink">{createdByName}</span>
                {fromNow(Date.parse(createdAt), Date.now())}
                {resolvedAt ? <span>settled</span> : null}
                {write && !resolvedAt ? (
                  <button
                    type="button"
                    className="focus-ring rounded-sm underline underline-offset-2"
                    onClick={() => resolve.mutate({ id })}
                  >
                    Settle
                  </button>
                ) : null}
              </p>
              <p className="whitespace-pre-wrap break-words text-sm">{said}</p>
            </li>
          ))}
        </ul>
      ) : null}
      {write ? (
        <form onSubmit={submit} className="flex items-end gap-2">
          <Field label="Say something" className="grow" {...(add.error && { problem: problemOf(add.error).message })}>
            {(control) => (
              <Input
                {...control}
                value={body}
                placeholder="@Name mentions a member"
                onChange={(event) => setBody(event.currentTarget.value)}
              />
            )}
          </Field>
          <Button type="submit" disabled={body.trim() === "" || add.isPending}>
            Comment
          </Button>
        </form>
      ) : null}
    </section>
  );
}
