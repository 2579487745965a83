"use client";

import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { ask, RequestError } from "../service/request.ts";
import type { ServiceProblem } from "../service/types.ts";

export function SignInForm({ next }: { readonly next: string }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ServiceProblem>();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(undefined);
    try {
      await ask("/api/session", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ email: form.get("email"), password: form.get("password") }),
      });
      window.location.assign(next);
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
        {(control) => <Input {...control} name="email" type="email" autoComplete="username" required />}
      </Field>
      <Field label="Password">
        {(control) => <Input {...control} name="password" type="password" autoComplete="current-password" required />}
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
