"use client";

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";

export function NewOrganizationDialog({ onClose }: { readonly onClose: () => void }) {
  const form = useId();
  const [name, setName] = useState("");
  const trpc = useTRPC();
  const { mutate, isPending, error } = useMutation(
    trpc.organization.create.mutationOptions({ onSuccess: () => window.location.assign("/") }),
  );
  const refusal = error ? problemOf(error) : undefined;

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    mutate({ name });
  }
  return (
    <Dialog
      open
      onClose={onClose}
      keeps="work"
      title="New organization"
      description="It has members, projects, keys and an audit log of its own, and begins with you as its owner."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} disabled={isPending}>
            Create
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="grid gap-4">
        <Field label="Name" problem={refusal?.fields.name}>
          {(control) => (
            <Input
              {...control}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              autoComplete="off"
              data-first-focus
            />
          )}
        </Field>
        {refusal && !refusal.fields.name ? (
          <Notice tone="bad" hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
      </form>
    </Dialog>
  );
}
