"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input, Select } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { SecretDialog } from "../../ui/secret-dialog.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";

const kinds = [
  { id: "webhook", name: "Webhook, signed", label: "Address", example: "https://example.com/hooks/tugboat" },
  {
    id: "slack",
    name: "Slack-compatible hook",
    label: "Address of the hook",
    example: "https://hooks.slack.com/services/…",
  },
  { id: "mail", name: "E-mail", label: "E-mail address", example: "team@example.com" },
] as const;

/** Adds a channel; the secret of a webhook is shown once. */
export function ChannelDialog({ onClose }: { readonly onClose: () => void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [kind, setKind] = useState<(typeof kinds)[number]["id"]>("webhook");
  const [name, setName] = useState("");
  const [address, setAddress] = useState("");
  const add = useMutation(
    trpc.alerts.addChannel.mutationOptions({
      onSuccess: async ({ secret }) => {
        await queries.invalidateQueries({ queryKey: trpc.alerts.list.queryKey() });
        if (secret === null) onClose();
      },
    }),
  );
  const chosen = kinds.find(({ id }) => id === kind) ?? kinds[0];
  const problem = add.error ? problemOf(add.error) : undefined;
  const secret = add.data?.secret;
  if (secret) {
    return (
      <SecretDialog
        secret={secret}
        use="Check the header webhook-signature with it, as Standard Webhooks describes."
        onClose={onClose}
      />
    );
  }
  return (
    <Dialog
      open
      onClose={onClose}
      keeps="work"
      title="New channel"
      description="Every alert goes to every channel that is on."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            disabled={add.isPending || name.trim() === "" || address.trim() === ""}
            onClick={() => add.mutate({ kind, name, address })}
          >
            Add the channel
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        {problem && Object.keys(problem.fields).length === 0 ? <Notice tone="bad">{problem.message}</Notice> : null}
        <Field label="Kind">
          {(control) => (
            <Select
              {...control}
              value={kind}
              onChange={(event) => setKind(kinds.find(({ id }) => id === event.currentTarget.value)?.id ?? "webhook")}
            >
              {kinds.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Name" {...(problem?.fields.name && { problem: problem.fields.name })}>
          {(control) => <Input {...control} value={name} onChange={(event) => setName(event.currentTarget.value)} />}
        </Field>
        <Field label={chosen.label} {...(problem?.fields.address && { problem: problem.fields.address })}>
          {(control) => (
            <Input
              {...control}
              placeholder={chosen.example}
              value={address}
              onChange={(event) => setAddress(event.currentTarget.value)}
            />
          )}
        </Field>
      </div>
    </Dialog>
  );
}
