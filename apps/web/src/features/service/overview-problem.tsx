"use client";

import { Notice } from "../../ui/notice.tsx";
import { RequestError } from "./request.ts";
import { reportSignedOut } from "./signed-out.ts";
import type { Overview } from "./types.ts";

export interface OverviewProblemProps {
  readonly overview: Overview | undefined;
  readonly error: Error | null;
}

/** Why there is nothing to show, and what to do; nothing when all is well. */
export function OverviewProblem({ overview, error }: OverviewProblemProps) {
  if (error instanceof RequestError && error.status === 401) {
    return (
      <Notice
        tone="warn"
        hint={
          <button
            type="button"
            onClick={() => reportSignedOut("act")}
            className="cursor-pointer rounded-xs underline underline-offset-2 focus-ring"
          >
            Sign in again to go on.
          </button>
        }
      >
        Your session has ended; what you see may be old.
      </Notice>
    );
  }
  if (error instanceof RequestError) {
    return (
      <Notice tone="bad" hint={error.problem.hint}>
        {error.problem.message}
      </Notice>
    );
  }
  if (overview?.state === "down") {
    return (
      <Notice tone="bad" hint={overview.problem.hint}>
        {overview.problem.message}
      </Notice>
    );
  }
  return null;
}
