"use client";

import { type FormEvent, useState } from "react";
import { ButtonLink } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { SubmitButton } from "../../ui/submit-button.tsx";
import type { ServiceProblem } from "../service/types.ts";
import { askAccount, passwordLength, passwordProblem } from "./account-request.ts";

export function ResetPasswordForm({ token }: { readonly token: string }) {
  const [state, setState] = useState<"open" | "busy" | "done">("open");
  const [short, setShort] = useState<string>();
  const [problem, setProblem] = useState<ServiceProblem>();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const newPassword = String(new FormData(event.currentTarget).get("next") ?? "");
    const wrong = passwordProblem(newPassword);
    setShort(wrong);
    setProblem(undefined);
    if (wrong) return;
    setState("busy");
    const refused = await askAccount("reset-password", { token, newPassword });
    setProblem(refused);
    setState(refused ? "open" : "done");
  }
  if (state === "done") {
    return (
      <>
        <Notice tone="neutral" hint="Sign in with it to go on.">
          Your new password is set.
        </Notice>
        <ButtonLink href="/sign-in" kind="primary">
          Sign in
        </ButtonLink>
      </>
    );
  }
  return (
    <form method="post" onSubmit={submit} noValidate className="grid gap-4">
      <Field label="New password" hint={`At least ${passwordLength.min} characters.`} problem={short}>
        {(control) => <Input {...control} name="next" type="password" autoComplete="new-password" />}
      </Field>
      {problem ? (
        <Notice tone="bad" hint={problem.hint}>
          {problem.message}
        </Notice>
      ) : null}
      <SubmitButton disabled={state === "busy"}>{state === "busy" ? "Setting it" : "Set the password"}</SubmitButton>
    </form>
  );
}
