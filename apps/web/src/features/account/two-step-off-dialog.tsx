"use client";

import { Dialog } from "../../ui/dialog.tsx";
import { PasswordStep } from "./password-step.tsx";

export interface TwoStepOffDialogProps {
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export function TwoStepOffDialog({ onClose, onDone }: TwoStepOffDialogProps) {
  return (
    <Dialog
      open
      onClose={onClose}
      title="Switch two-step sign-in off?"
      description="Your password alone signs you in then. The entry in your app and the backup codes stop working."
    >
      <PasswordStep path="two-factor/disable" act="Switch off" kind="danger" onDone={onDone} onCancel={onClose} />
    </Dialog>
  );
}
