"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Status } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { toast } from "../../ui/toast.tsx";
import { useTRPC } from "../service/trpc.tsx";
import { BackupCodesDialog } from "./backup-codes-dialog.tsx";
import { TwoStepOffDialog } from "./two-step-off-dialog.tsx";
import { TwoStepOnDialog } from "./two-step-on-dialog.tsx";

/** A code beside the password: on, off, and the codes for a lost phone. */
export function TwoStepPanel() {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { data } = useQuery(trpc.session.account.queryOptions());
  const [open, setOpen] = useState<"on" | "off" | "codes">();
  const changed = (said?: string) => {
    setOpen(undefined);
    if (said) toast({ tone: "good", text: said });
    // Switching renews the session, so the list of sessions is another one.
    void client.invalidateQueries({ queryKey: trpc.session.pathKey() });
  };
  return (
    <Panel title="Two-step sign-in" note="a code beside the password">
      {data ? null : <Skeleton className="h-12" />}
      {data && !data.password ? (
        <p className="text-ink-2">You sign in by single sign-on: the second step is your identity provider's.</p>
      ) : null}
      {data?.password ? (
        <div className="grid gap-3">
          <div className="grid gap-1">
            <Status tone={data.twoFactor ? "good" : "neutral"}>{data.twoFactor ? "On" : "Off"}</Status>
            <p className="text-ink-2">
              {data.twoFactor
                ? "Signing in with your password also asks for the code of your authenticator app."
                : "Your password alone signs you in. With this on, somebody who learns it still needs your phone."}
            </p>
          </div>
          <div className="flex flex-wrap gap-2">
            {data.twoFactor ? (
              <>
                <Button onClick={() => setOpen("codes")}>New backup codes</Button>
                <Button onClick={() => setOpen("off")}>Switch off</Button>
              </>
            ) : (
              <Button onClick={() => setOpen("on")}>Switch on</Button>
            )}
          </div>
        </div>
      ) : null}
      {open === "on" ? <TwoStepOnDialog onClose={() => changed()} /> : null}
      {open === "off" ? (
        <TwoStepOffDialog onClose={() => setOpen(undefined)} onDone={() => changed("Two-step sign-in is off.")} />
      ) : null}
      {open === "codes" ? <BackupCodesDialog onClose={() => changed()} /> : null}
    </Panel>
  );
}
