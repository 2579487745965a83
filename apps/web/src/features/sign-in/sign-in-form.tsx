"use client";

import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { ask, RequestError } from "../service/request.ts";
import type { ServiceProblem } from "../service/types.ts";

export interface SignInFormProps {
  /** Filled in beforehand, for somebody who was signed in. */
  readonly email?: string;
  readonly onDone: (email: string) => void;
}

export function SignInForm({ email: known, onDone }: SignInFormProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ServiceProblem>();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const email = String(form.get("email")).trim();
    setBusy(true);
    setProblem(undefined);
    try {
      await ask("/api/auth/sign-in/email", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ email, password: form.get("password") }),
      });
      onDone(email);
    } catch (cause) {
      setBusy(false);
      setProblem(
        cause instanceof RequestError
          ? cause.problem
          : { code: "unknown", message: "You could not be signed in. Try again." },
      );
    }
  }

  return (
    <form onSubmit={submit} className="grid gap-4">
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
      <Button type="submit" kind="primary" disabled={busy}>
        {busy ? "Signing in" : "Sign in"}
      </Button>
    </form>
  );
}
