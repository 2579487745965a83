"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Panel } from "../../ui/panel.tsx";
import { ConfirmByName } from "../service/confirm-by-name.tsx";
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
  const trpc = useTRPC();
  // Every page is rendered anew for the organization that is left, or for none.
  const { mutate, isPending, error } = useMutation(
    trpc.organization.leave.mutationOptions({ onSuccess: () => window.location.assign("/") }),
  );
  return (
    <ConfirmByName
      name={name}
      title={`Leave ${name}?`}
      description="You see nothing of it any more; API keys that you made go on working. To come back you need an invitation."
      action="Leave"
      pending={isPending}
      refusal={error ? problemOf(error) : undefined}
      onConfirm={() => mutate({ id })}
      onClose={onClose}
    />
  );
}
