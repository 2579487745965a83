"use client";

import { useState } from "react";
import { CodeForm } from "./code-form.tsx";
import { PasswordForm } from "./password-form.tsx";

export interface SignInFormProps {
  /** Filled in beforehand, for somebody who was signed in. */
  readonly email?: string;
  /** Whether a forgotten password can be reset by mail. */
  readonly mail?: boolean;
  readonly onDone: (email: string) => void;
}

/** The password, then the code for whoever has switched that on. */
export function SignInForm({ email: known, mail = false, onDone }: SignInFormProps) {
  const [owes, setOwes] = useState<{ readonly email: string }>();
  const [expired, setExpired] = useState(false);
  if (owes) {
    return (
      <CodeForm
        onDone={() => onDone(owes.email)}
        onBack={(because) => {
          setExpired(because === "expired");
          setOwes(undefined);
        }}
      />
    );
  }
  return (
    <PasswordForm
      email={known}
      mail={mail}
      expired={expired}
      onDone={onDone}
      onOwesCode={(email) => setOwes({ email })}
    />
  );
}
