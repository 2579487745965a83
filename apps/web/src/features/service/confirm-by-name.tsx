"use client";

import { type FormEvent, useId, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { CallProblem } from "./trpc.tsx";

export interface ConfirmByNameProps {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly action: string;
  readonly pending: boolean;
  readonly refusal: CallProblem | undefined;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks for the name before something is gone for good. */
export function ConfirmByName(props: ConfirmByNameProps) {
  const { action, description, name, onClose, onConfirm, pending, refusal, title } = props;
  const form = useId();
  const [typed, setTyped] = useState("");
  const meant = typed.trim() === name;
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      description={description}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" form={form} disabled={!meant || pending}>
            {action}
          </Button>
        </>
      }
    >
      <form
        id={form}
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          if (meant) onConfirm();
        }}
        className="grid gap-4"
      >
        <Field label={`Type “${name}” to confirm`}>
          {(control) => (
            <Input
              {...control}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              autoComplete="off"
              data-first-focus
            />
          )}
        </Field>
        {refusal ? (
          <Notice tone="bad" hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
      </form>
    </Dialog>
  );
}
