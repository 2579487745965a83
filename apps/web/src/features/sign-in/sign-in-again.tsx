"use client";

import { useQueryClient } from "@tanstack/react-query";
import { Dialog } from "../../ui/dialog.tsx";
import { toast } from "../../ui/toast.tsx";
import { putOffSignIn, reportSignedIn, useAsksToSignIn } from "../service/signed-out.ts";
import { SignInForm } from "./sign-in-form.tsx";

/** Asks over the page, when the session ended in the middle of work, so that nothing on the page is lost. */
export function SignInAgain({ email }: { readonly email: string }) {
  const open = useAsksToSignIn();
  const queries = useQueryClient();

  function done(entered: string) {
    reportSignedIn();
    // Somebody else sees something else: their page is made anew.
    if (entered.toLowerCase() !== email.toLowerCase()) return window.location.reload();
    void queries.invalidateQueries();
    toast({ tone: "good", text: "Signed in again.", hint: "Go on where you were." });
  }

  return (
    <Dialog
      open={open}
      onClose={putOffSignIn}
      title="Your session has ended"
      description="Sign in to go on. What you typed is still on the page behind this."
    >
      <SignInForm email={email} onDone={done} />
    </Dialog>
  );
}
