"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { SecretDialog } from "../../ui/secret-dialog.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";

/** Adds a webhook for all events; its secret is shown once. */
export function WebhookDialog({
  events,
  onClose,
}: {
  readonly events: readonly string[];
  readonly onClose: () => void;
}) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [url, setUrl] = useState("");
  const add = useMutation(
    trpc.webhooks.add.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.webhooks.list.queryKey() }),
    }),
  );
  const problem = add.error ? problemOf(add.error) : undefined;
  if (add.data) {
    return (
      <SecretDialog
        secret={add.data.secret}
        use="A program checks messages with it: client.webhooks.unwrap(body, headers, secret)."
        onClose={onClose}
      />
    );
  }
  return (
    <Dialog
      open
      onClose={onClose}
      keeps="work"
      title="Add a webhook"
      description={`It is told of ${events.join(", ")}.`}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" disabled={add.isPending || url.trim() === ""} onClick={() => add.mutate({ url })}>
            Add the webhook
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        {problem && problem.fields.url === undefined ? <Notice tone="bad">{problem.message}</Notice> : null}
        <Field label="Address" {...(problem?.fields.url && { problem: problem.fields.url })}>
          {(control) => (
            <Input
              {...control}
              placeholder="https://example.com/hooks/tugboat"
              value={url}
              onChange={(event) => setUrl(event.currentTarget.value)}
            />
          )}
        </Field>
      </div>
    </Dialog>
  );
}
