"use client";

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/panel.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";

export interface LeavePanelProps {
  readonly organization: { readonly id: string; readonly name: string };
}

export function LeavePanel({ organization }: LeavePanelProps) {
  const [asking, setAsking] = useState(false);
  return (
    <Panel title="Leave">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="min-w-0 max-w-[44ch] text-ink-2">
          Gives up your own membership. What you made stays with the organization.
        </p>
        <Button onClick={() => setAsking(true)}>Leave {organization.name}</Button>
      </div>
      {asking ? <LeaveDialog organization={organization} onClose={() => setAsking(false)} /> : null}
    </Panel>
  );
}

interface LeaveDialogProps extends LeavePanelProps {
  readonly onClose: () => void;
}

function LeaveDialog({ organization: { id, name }, onClose }: LeaveDialogProps) {
  const form = useId();
  const [typed, setTyped] = useState("");
  const trpc = useTRPC();
  // Every page is rendered anew for the organization that is left, or for none.
  const { mutate, isPending, error } = useMutation(
    trpc.organization.leave.mutationOptions({ onSuccess: () => window.location.assign("/") }),
  );
  const refusal = error ? problemOf(error) : undefined;
  const meant = typed.trim() === name;

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (meant) mutate({ id });
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Leave ${name}?`}
      description="You see nothing of it any more; API keys that you made go on working. To come back you need an invitation."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" form={form} disabled={!meant || isPending}>
            Leave
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="grid gap-4">
        <Field label={`Type “${name}” to confirm`}>
          {(control) => (
            <Input
              {...control}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              autoComplete="off"
              data-first-focus
            />
          )}
        </Field>
        {refusal ? (
          <Notice tone="bad" hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
      </form>
    </Dialog>
  );
}
