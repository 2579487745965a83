"use client";

import { useEffect } from "react";

/** The cookie is set but was withheld on a redirect that began on another site; a step of our own carries it. */
export function EnterAfterLink({ next }: { readonly next: string }) {
  useEffect(() => window.location.replace(next), [next]);
  return (
    <main className="grid min-h-dvh place-items-center">
      <p>
        Signed in.{" "}
        <a href={next} className="underline underline-offset-2">
          Open the console
        </a>
      </p>
    </main>
  );
}
