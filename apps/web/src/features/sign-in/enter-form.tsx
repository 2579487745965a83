"use client";

import { SignInForm } from "./sign-in-form.tsx";

export interface EnterFormProps {
  readonly next: string;
  readonly mail: boolean;
}

/** Signs in and leaves for `next`, by a real navigation: every page is rendered for whoever is signed in. */
export function EnterForm({ next, mail }: EnterFormProps) {
  return <SignInForm mail={mail} onDone={() => window.location.assign(next)} />;
}
