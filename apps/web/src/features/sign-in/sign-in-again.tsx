"use client";

import { useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useEffect, useEffectEvent } from "react";
import { Dialog } from "../../ui/dialog.tsx";
import { toast } from "../../ui/toast.tsx";
import { putOffSignIn, reportSignedIn, useAsksToSignIn } from "../service/signed-out.ts";
import { useTRPCClient } from "../service/trpc.tsx";

// Sessions seldom end in the middle of work.
const SignInForm = dynamic(() => import("./sign-in-form.tsx").then((module) => module.SignInForm), { ssr: false });

/** Asks over the page, when the session ended in the middle of work, so that nothing on the page is lost. */
export function SignInAgain({ email }: { readonly email: string }) {
  const open = useAsksToSignIn();
  const queries = useQueryClient();

  const client = useTRPCClient();
  const finish = useEffectEvent(done);

  function done(entered: string) {
    reportSignedIn();
    // Somebody else sees something else: their page is made anew.
    if (entered.toLowerCase() !== email.toLowerCase()) return window.location.reload();
    void queries.invalidateQueries();
    toast({ tone: "good", text: "Signed in again.", hint: "Go on where you were." });
  }

  // Somebody who signs in elsewhere, by single sign-on in another tab, comes back to a page that goes on.
  useEffect(() => {
    if (!open) return;
    const look = async () => {
      const entered = await client.session.me.query().catch(() => undefined);
      if (entered) finish(entered.user.email);
    };
    const onFocus = () => void look();
    window.addEventListener("focus", onFocus);
    return () => window.removeEventListener("focus", onFocus);
  }, [open, client]);
  return (
    <Dialog
      open={open}
      onClose={putOffSignIn}
      title="Your session has ended"
      description="Sign in to go on. What you typed is still on the page behind this."
    >
      {open ? <SignInForm email={email} onDone={done} /> : null}
      <p className="text-ink-3 text-xs">
        By single sign-on?{" "}
        <a
          href="/sign-in"
          target="_blank"
          rel="noreferrer"
          className="rounded-xs underline underline-offset-2 focus-ring"
        >
          Sign in in another tab
        </a>
        , then come back to this one.
      </p>
    </Dialog>
  );
}
