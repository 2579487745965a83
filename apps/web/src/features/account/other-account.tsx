"use client";

import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { ServiceProblem } from "../service/types.ts";
import { askAccount } from "./account-request.ts";

export interface OtherAccountProps {
  readonly signedInAs: string;
  readonly email: string;
}

/** The browser is somebody else's just now: an invitation must not be accepted in the wrong name. */
export function OtherAccount({ signedInAs, email }: OtherAccountProps) {
  const [problem, setProblem] = useState<ServiceProblem>();
  async function leave() {
    const refused = await askAccount("sign-out", {});
    setProblem(refused);
    if (!refused) window.location.reload();
  }
  return (
    <>
      <Notice tone="warn" hint={`The invitation is for ${email}.`}>
        This browser is signed in as {signedInAs}.
      </Notice>
      {problem ? (
        <Notice tone="bad" hint={problem.hint}>
          {problem.message}
        </Notice>
      ) : null}
      <Button kind="primary" onClick={() => void leave()}>
        Sign out and go on
      </Button>
    </>
  );
}
