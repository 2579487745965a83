"use client";

import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Panel } from "../../ui/panel.tsx";
import { toast } from "../../ui/toast.tsx";
import { askAccount } from "./account-request.ts";
import { ChangePasswordForm } from "./change-password-form.tsx";

/** One's own account: how one signs in, and where one is signed in. */
export function AccountPanel({ email }: { readonly email: string }) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);

  async function leaveEverywhere() {
    setBusy(true);
    const problem = await askAccount("revoke-sessions", {});
    if (problem) {
      setBusy(false);
      toast({ tone: "bad", text: "You are still signed in.", hint: problem.message });
      return;
    }
    window.location.assign("/sign-in");
  }
  return (
    <Panel title="Your account" note={email} padded={false}>
      <div className="border-line border-b p-4">
        <ChangePasswordForm email={email} />
      </div>
      <div className="flex flex-wrap items-center justify-between gap-3 p-4">
        <div className="min-w-0">
          <p className="font-medium">Signed in somewhere you don't know?</p>
          <p className="text-ink-3 text-xs">Ends every session of yours, in every browser, this one too.</p>
        </div>
        <Button onClick={() => setAsking(true)}>Sign out everywhere</Button>
      </div>
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title="Sign out everywhere?"
        description="Every browser that you are signed in with has to sign in again, this one too. API keys go on working."
        actions={
          <>
            <Button onClick={() => setAsking(false)}>Cancel</Button>
            <Button kind="danger" disabled={busy} onClick={() => void leaveEverywhere()}>
              Sign out everywhere
            </Button>
          </>
        }
      />
    </Panel>
  );
}
