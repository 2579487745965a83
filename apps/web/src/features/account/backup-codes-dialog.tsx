"use client";

import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { BackupCodes, codesIn } from "./backup-codes.tsx";
import { PasswordStep } from "./password-step.tsx";

export function BackupCodesDialog({ onClose }: { readonly onClose: () => void }) {
  const [codes, setCodes] = useState<readonly string[]>();
  return (
    <Dialog
      open
      onClose={onClose}
      keeps={codes ? "buttons" : undefined}
      title="New backup codes"
      description={codes ? undefined : "The ones that you have now stop working."}
      actions={
        codes ? (
          <Button kind="primary" onClick={onClose}>
            I have kept them
          </Button>
        ) : undefined
      }
    >
      {codes ? (
        <BackupCodes codes={codes} />
      ) : (
        <PasswordStep
          path="two-factor/generate-backup-codes"
          act="Make new ones"
          onDone={(facts) => setCodes(codesIn(facts))}
          onCancel={onClose}
        />
      )}
    </Dialog>
  );
}
