"use client";

import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Switch } from "../../ui/switch.tsx";
import { toast } from "../../ui/toast.tsx";
import type { ServiceProblem } from "../service/types.ts";
import { askAccount, passwordLength, passwordProblem } from "./account-request.ts";

interface Problems {
  readonly present?: string;
  readonly next?: string;
  readonly other?: ServiceProblem;
}

export function ChangePasswordForm({ email }: { readonly email: string }) {
  const [busy, setBusy] = useState(false);
  const [elsewhere, setElsewhere] = useState(true);
  const [problems, setProblems] = useState<Problems>({});

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const currentPassword = String(data.get("present") ?? "");
    const newPassword = String(data.get("next") ?? "");
    const present = currentPassword === "" ? "Your present password is needed." : undefined;
    const next = passwordProblem(newPassword);
    setProblems({ present, next });
    if (present || next) return;
    setBusy(true);
    const refused = await askAccount("change-password", {
      currentPassword,
      newPassword,
      revokeOtherSessions: elsewhere,
    });
    setBusy(false);
    if (refused) {
      setProblems(beside(refused));
      return;
    }
    form.reset();
    toast({
      tone: "good",
      text: "Your password is changed.",
      hint: elsewhere ? "Other browsers have to sign in again." : undefined,
    });
  }
  return (
    <form onSubmit={submit} noValidate className="grid gap-4">
      {/* Tells a password manager whose password this is. */}
      <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
      <Field label="Present password" problem={problems.present}>
        {(control) => <Input {...control} name="present" type="password" autoComplete="current-password" />}
      </Field>
      <Field label="New password" hint={`At least ${passwordLength.min} characters.`} problem={problems.next}>
        {(control) => <Input {...control} name="next" type="password" autoComplete="new-password" />}
      </Field>
      <Switch label="Sign out other browsers" checked={elsewhere} onChange={setElsewhere} />
      {problems.other ? (
        <Notice tone="bad" hint={problems.other.hint}>
          {problems.other.message}
        </Notice>
      ) : null}
      <div>
        <Button type="submit" disabled={busy}>
          {busy ? "Changing" : "Change password"}
        </Button>
      </div>
    </form>
  );
}

/** The service's sentence, beside the field that it is about. */
function beside(problem: ServiceProblem): Problems {
  if (problem.code === "INVALID_PASSWORD") return { present: problem.message };
  if (problem.code.startsWith("PASSWORD_TOO_")) return { next: problem.message };
  return { other: problem };
}
