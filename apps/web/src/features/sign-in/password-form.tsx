"use client";

import Link from "next/link";
import { type FormEvent, useState } from "react";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { SubmitButton } from "../../ui/submit-button.tsx";
import { askForFacts } from "../account/account-request.ts";
import type { ServiceProblem } from "../service/types.ts";

export interface PasswordFormProps {
  readonly email: string | undefined;
  readonly mail: boolean;
  /** The second step took too long, or was tried too often. */
  readonly expired: boolean;
  readonly onDone: (email: string) => void;
  readonly onOwesCode: (email: string) => void;
}

export function PasswordForm({ email: known, mail, expired, onDone, onOwesCode }: PasswordFormProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ServiceProblem | undefined>(
    expired
      ? { code: "again", message: "The second step has to begin again.", hint: "Give your password once more." }
      : undefined,
  );

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const email = String(form.get("email")).trim();
    setBusy(true);
    setProblem(undefined);
    const answer = await askForFacts("sign-in/email", { email, password: form.get("password") });
    if ("facts" in answer) {
      if (answer.facts.twoFactorRedirect === true) onOwesCode(email);
      else onDone(email);
      return;
    }
    setBusy(false);
    setProblem(answer.problem);
  }

  return (
    <form method="post" onSubmit={submit} className="grid gap-4">
      <Field label="Email">
        {(control) => (
          <Input {...control} name="email" type="email" autoComplete="username" defaultValue={known} required />
        )}
      </Field>
      <Field label="Password">
        {(control) => (
          <Input
            {...control}
            name="password"
            type="password"
            autoComplete="current-password"
            data-first-focus={known ? "" : undefined}
            required
          />
        )}
      </Field>
      {problem ? (
        <Notice tone="bad" hint={problem.hint}>
          {problem.message}
        </Notice>
      ) : null}
      <SubmitButton disabled={busy}>{busy ? "Signing in" : "Sign in"}</SubmitButton>
      {mail ? (
        <Link
          href="/forgot-password"
          className="justify-self-center rounded-xs text-ink-2 underline underline-offset-2 focus-ring hover:text-ink"
        >
          Forgot your password?
        </Link>
      ) : null}
    </form>
  );
}
