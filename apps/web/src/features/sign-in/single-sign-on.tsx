"use client";

import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { askForFacts } from "../account/account-request.ts";
import type { ServiceProblem } from "../service/types.ts";

export interface SingleSignOnProps {
  readonly name: string;
  /** Where to go afterwards, a path of this console. */
  readonly next: string;
}

/** Leads to the organization's own identity provider, and back. */
export function SingleSignOn({ name, next }: SingleSignOnProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ServiceProblem>();

  async function leave() {
    setBusy(true);
    setProblem(undefined);
    const answer = await askForFacts("sign-in/social", {
      provider: "oidc",
      callbackURL: `/sign-in?entered=1&next=${encodeURIComponent(next)}`,
      errorCallbackURL: `/sign-in?next=${encodeURIComponent(next)}`,
    });
    const url = "facts" in answer ? answer.facts.url : undefined;
    if (typeof url === "string") return window.location.assign(url);
    setBusy(false);
    setProblem(
      "problem" in answer ? answer.problem : { code: "unknown", message: `${name} could not be reached. Try again.` },
    );
  }
  return (
    <div className="grid gap-4">
      <Button disabled={busy} onClick={() => void leave()}>
        {busy ? `Going to ${name}` : `Continue with ${name}`}
      </Button>
      {problem ? (
        <Notice tone="bad" hint={problem.hint}>
          {problem.message}
        </Notice>
      ) : null}
      <div className="flex items-center gap-3 text-ink-3 text-xs" aria-hidden>
        <span className="h-px grow bg-line" /> or <span className="h-px grow bg-line" />
      </div>
    </div>
  );
}
