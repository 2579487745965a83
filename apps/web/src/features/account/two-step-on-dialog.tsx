"use client";

import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { ServiceProblem } from "../service/types.ts";
import { askAccount } from "./account-request.ts";
import { BackupCodes, codesIn } from "./backup-codes.tsx";
import { PasswordStep } from "./password-step.tsx";
import { QrCode } from "./qr-code.tsx";
import { secretIn } from "./totp-address.ts";

interface Begun {
  readonly uri: string;
  readonly codes: readonly string[];
}

/** Password, then the QR code and a first code of the app, then the backup codes: it is on when that code was right. */
export function TwoStepOnDialog({ onClose }: { readonly onClose: () => void }) {
  const [begun, setBegun] = useState<Begun>();
  const [on, setOn] = useState(false);
  return (
    <Dialog
      open
      onClose={onClose}
      keeps={on ? "buttons" : begun ? "work" : undefined}
      title={on ? "Two-step sign-in is on" : "Two-step sign-in"}
      description={
        begun ? undefined : "You need an authenticator app on your phone, such as those of your password manager."
      }
      actions={
        on ? (
          <Button kind="primary" onClick={onClose}>
            I have kept them
          </Button>
        ) : undefined
      }
    >
      {begun === undefined ? (
        <PasswordStep
          path="two-factor/enable"
          act="Go on"
          onDone={(facts) => setBegun({ uri: String(facts.totpURI ?? ""), codes: codesIn(facts) })}
          onCancel={onClose}
        />
      ) : on ? (
        <BackupCodes codes={begun.codes} />
      ) : (
        <FirstCode uri={begun.uri} onDone={() => setOn(true)} onCancel={onClose} />
      )}
    </Dialog>
  );
}

interface FirstCodeProps {
  readonly uri: string;
  readonly onDone: () => void;
  readonly onCancel: () => void;
}

function FirstCode({ uri, onDone, onCancel }: FirstCodeProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ServiceProblem>();
  const secret = secretIn(uri);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const code = String(new FormData(event.currentTarget).get("code")).replace(/\s/g, "");
    setBusy(true);
    const refused = await askAccount("two-factor/verify-totp", { code });
    setBusy(false);
    setProblem(refused);
    if (!refused) onDone();
  }
  return (
    <form onSubmit={submit} className="grid gap-4">
      <div className="grid gap-3">
        <p className="text-ink-2">Scan this with the app:</p>
        <QrCode text={uri} label="QR code for an authenticator app; the same is written below it" />
        <div className="grid gap-1">
          <p className="text-ink-3 text-xs">Or type it in:</p>
          <p className="flex items-center gap-1">
            <code data-testid="totp-secret" className="min-w-0 break-all font-mono text-xs">
              {secret}
            </code>
            <CopyButton text={secret} what="secret" />
          </p>
        </div>
      </div>
      <Field
        label="Code"
        hint="The six digits that the app shows now."
        problem={problem?.code === "INVALID_CODE" ? problem.message : undefined}
      >
        {(control) => <Input {...control} name="code" inputMode="numeric" autoComplete="one-time-code" required />}
      </Field>
      {problem && problem.code !== "INVALID_CODE" ? (
        <Notice tone="bad" hint={problem.hint}>
          {problem.message}
        </Notice>
      ) : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" kind="primary" disabled={busy}>
          Switch on
        </Button>
      </div>
    </form>
  );
}
