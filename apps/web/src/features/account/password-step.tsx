"use client";

import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { ServiceProblem } from "../service/types.ts";
import { askForFacts } from "./account-request.ts";

export interface PasswordStepProps {
  /** What is asked with the password: `two-factor/enable` … */
  readonly path: string;
  readonly act: string;
  readonly kind?: "primary" | "danger";
  readonly onDone: (facts: Readonly<Record<string, unknown>>) => void;
  readonly onCancel: () => void;
}

/** Asks for the password before something that changes how one signs in. */
export function PasswordStep({ path, act, kind = "primary", onDone, onCancel }: PasswordStepProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ServiceProblem>();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget).get("password"));
    setBusy(true);
    const answer = await askForFacts(path, { password });
    setBusy(false);
    if ("facts" in answer) onDone(answer.facts);
    else setProblem(answer.problem);
  }
  const beside = problem?.code === "INVALID_PASSWORD";
  return (
    <form onSubmit={submit} className="grid gap-4">
      <Field label="Your password" problem={beside ? problem.message : undefined}>
        {(control) => (
          <Input
            {...control}
            name="password"
            type="password"
            autoComplete="current-password"
            data-first-focus
            required
          />
        )}
      </Field>
      {problem && !beside ? (
        <Notice tone="bad" hint={problem.hint}>
          {problem.message}
        </Notice>
      ) : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" kind={kind} disabled={busy}>
          {act}
        </Button>
      </div>
    </form>
  );
}
