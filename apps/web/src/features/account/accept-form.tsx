"use client";

import { type FormEvent, useState } from "react";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { SubmitButton } from "../../ui/submit-button.tsx";
import type { ServiceProblem } from "../service/types.ts";
import { askAccount, passwordLength, passwordProblem } from "./account-request.ts";

export interface AcceptFormProps {
  readonly token: string;
  readonly email: string;
  readonly organization: string;
  /** Whether the address gets its account now. */
  readonly newAccount: boolean;
}

export function AcceptForm({ token, email, organization, newAccount }: AcceptFormProps) {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<{ readonly name?: string; readonly password?: string }>({});
  const [problem, setProblem] = useState<ServiceProblem>();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const name = String(data.get("name") ?? "").trim();
    const password = String(data.get("password") ?? "");
    if (newAccount) {
      const found = { name: nameProblem(name), password: passwordProblem(password) };
      setWrong(found);
      if (found.name || found.password) return;
    }
    setBusy(true);
    setProblem(undefined);
    const refused = await askAccount("accept-invitation", newAccount ? { token, name, password } : { token });
    if (!refused) {
      // The whole console is rendered anew for whoever just came in.
      window.location.assign("/");
      return;
    }
    setBusy(false);
    setProblem(refused);
  }
  return (
    <form method="post" onSubmit={submit} noValidate className="grid gap-4">
      {newAccount ? (
        <>
          <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
          <Field label="Your name" hint="As the other members see it." problem={wrong.name}>
            {(control) => <Input {...control} name="name" autoComplete="name" />}
          </Field>
          <Field label="Password" hint={`At least ${passwordLength.min} characters.`} problem={wrong.password}>
            {(control) => <Input {...control} name="password" type="password" autoComplete="new-password" />}
          </Field>
        </>
      ) : null}
      {problem ? (
        <Notice tone="bad" hint={problem.hint}>
          {problem.message}
        </Notice>
      ) : null}
      <SubmitButton disabled={busy}>{busy ? "Joining" : `Join ${organization}`}</SubmitButton>
    </form>
  );
}

function nameProblem(name: string): string | undefined {
  if (name === "") return "A name is needed.";
  return name.length > 100 ? "A name has at most 100 characters." : undefined;
}
