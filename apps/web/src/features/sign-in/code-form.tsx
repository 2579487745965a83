"use client";

import { type FormEvent, useEffect, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { askForFacts } from "../account/account-request.ts";
import type { ServiceProblem } from "../service/types.ts";

export interface CodeFormProps {
  readonly onDone: () => void;
  /** Back to the password: by choice, or because this attempt is over. */
  readonly onBack: (because: "choice" | "expired") => void;
}

const over: ReadonlySet<string> = new Set(["INVALID_TWO_FACTOR_COOKIE", "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE"]);

/** The second step: the code of the moment, or one of the backup codes. */
export function CodeForm({ onDone, onBack }: CodeFormProps) {
  const [backup, setBackup] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ServiceProblem>();
  const field = useRef<HTMLFormElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another field has come in its place.
  useEffect(() => field.current?.querySelector("input")?.focus(), [backup]);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const typed = String(new FormData(form).get("code")).replace(/\s/g, "");
    if (typed === "") return;
    setBusy(true);
    setProblem(undefined);
    const answer = await askForFacts(`two-factor/${backup ? "verify-backup-code" : "verify-totp"}`, { code: typed });
    if ("facts" in answer) return onDone();
    if (over.has(answer.problem.code)) return onBack("expired");
    setBusy(false);
    setProblem(answer.problem);
    form.reset();
    form.querySelector("input")?.focus();
  }
  return (
    <form ref={field} onSubmit={submit} className="grid gap-4">
      {backup ? (
        <Field key="backup" label="Backup code" hint="One of those that you kept, such as aB3dE-f6Gh9.">
          {(control) => <Input {...control} name="code" autoComplete="off" autoCapitalize="none" spellCheck={false} />}
        </Field>
      ) : (
        <Field key="app" label="Code" hint="The six digits that your authenticator app shows now.">
          {(control) => <Input {...control} name="code" inputMode="numeric" autoComplete="one-time-code" />}
        </Field>
      )}
      {problem ? (
        <Notice tone="bad" hint={problem.hint}>
          {problem.message}
        </Notice>
      ) : null}
      <Button type="submit" kind="primary" disabled={busy}>
        {busy ? "Signing in" : "Sign in"}
      </Button>
      <div className="flex flex-wrap justify-between gap-2">
        <Button
          kind="quiet"
          size="sm"
          onClick={() => {
            setProblem(undefined);
            setBackup(!backup);
          }}
        >
          {backup ? "Use the app" : "Use a backup code"}
        </Button>
        <Button kind="quiet" size="sm" onClick={() => onBack("choice")}>
          Another account
        </Button>
      </div>
    </form>
  );
}
