"use client";

import { type FormEvent, useState } from "react";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { SubmitButton } from "../../ui/submit-button.tsx";
import type { ServiceProblem } from "../service/types.ts";
import { askAccount } from "./account-request.ts";

/** Says the same whether the address has an account or not: nobody learns here who has one. */
export function ForgotPasswordForm() {
  const [asked, setAsked] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ServiceProblem>();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const email = String(new FormData(event.currentTarget).get("email")).trim();
    setBusy(true);
    const refused = await askAccount("request-password-reset", { email });
    setBusy(false);
    setProblem(refused);
    if (!refused) setAsked(email);
  }
  if (asked !== undefined) {
    return (
      <Notice tone="neutral" hint="Nothing there after some minutes? Look into the spam folder, or ask an admin.">
        If {asked} has an account, a mail with a link is on its way.
      </Notice>
    );
  }
  return (
    <form method="post" onSubmit={submit} className="grid gap-4">
      <Field label="Email" hint="The address that you sign in with.">
        {(control) => <Input {...control} name="email" type="email" autoComplete="username" required />}
      </Field>
      {problem ? (
        <Notice tone="bad" hint={problem.hint}>
          {problem.message}
        </Notice>
      ) : null}
      <SubmitButton disabled={busy}>{busy ? "Sending" : "Send me a link"}</SubmitButton>
    </form>
  );
}
