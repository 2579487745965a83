"use client";

import { SignInForm } from "./sign-in-form.tsx";

/** Signs in and leaves for `next`, by a real navigation: every page is rendered for whoever is signed in. */
export function EnterForm({ next }: { readonly next: string }) {
  return <SignInForm onDone={() => window.location.assign(next)} />;
}
