"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Role } from "@tugboat/inference/trpc";
import { type FormEvent, useId, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { RoleSelect } from "./role-select.tsx";
import { roleDoes, roleName } from "./roles.ts";

export interface InviteDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly organization: string;
  readonly mayMakeOwners: boolean;
}

interface Invited {
  readonly email: string;
  readonly role: Role;
  readonly link: string;
  /** Whether they got the link by mail as well. */
  readonly mail: "sent" | "failed" | "off";
}

export function InviteDialog({ open, onClose, ...rest }: InviteDialogProps) {
  const [invited, setInvited] = useState<Invited>();
  function close() {
    setInvited(undefined);
    onClose();
  }
  return invited ? (
    <LinkOnce open={open} onClose={close} invited={invited} />
  ) : (
    <Invite open={open} onClose={close} onInvited={setInvited} {...rest} />
  );
}

interface InviteProps extends InviteDialogProps {
  readonly onInvited: (invited: Invited) => void;
}

function Invite({ open, onClose, onInvited, organization, mayMakeOwners }: InviteProps) {
  const form = useId();
  const [role, setRole] = useState<Role>("viewer");
  const trpc = useTRPC();
  const client = useQueryClient();
  const { mutate, isPending, error, reset } = useMutation(
    trpc.members.invite.mutationOptions({
      onSuccess: ({ invitation: { email, role: given }, link, mail }) => onInvited({ email, role: given, link, mail }),
      onSettled: () => client.invalidateQueries({ queryKey: trpc.members.invitations.queryKey() }),
    }),
  );
  const refusal = error ? problemOf(error) : undefined;
  const aboutEmail = refusal?.fields.email ?? (refusal?.code === "exists" ? refusal.message : undefined);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    mutate({ email: String(new FormData(event.currentTarget).get("email") ?? ""), role });
  }
  return (
    <Dialog
      open={open}
      onClose={() => {
        reset();
        onClose();
      }}
      keeps="work"
      title="Invite a member"
      description={`You get a link to hand over; whoever opens it joins ${organization}.`}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} disabled={isPending}>
            {isPending ? "Making the link" : "Make the link"}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="grid gap-4">
        <Field label="Email" problem={aboutEmail}>
          {(control) => (
            <Input
              {...control}
              name="email"
              type="email"
              autoComplete="off"
              data-first-focus
              placeholder="ada@example.com"
            />
          )}
        </Field>
        <Field label="Role" hint={roleDoes(role)} problem={refusal?.fields.role}>
          {(control) => <RoleSelect {...control} value={role} onChange={setRole} mayMakeOwners={mayMakeOwners} />}
        </Field>
        {refusal && !aboutEmail && !refusal.fields.role ? (
          <Notice tone="bad" hint={refusal.hint}>
            {refusal.message}
          </Notice>
        ) : null}
      </form>
    </Dialog>
  );
}

interface LinkOnceProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly invited: Invited;
}

function LinkOnce({ open, onClose, invited: { email, role, link, mail } }: LinkOnceProps) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      keeps="buttons"
      title="Hand this link over"
      description={`It makes ${email} a member (${roleName(role).toLowerCase()}), works once and for seven days.`}
      actions={
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      {mail === "sent" ? <Notice tone="neutral">The link is on its way to {email} by mail as well.</Notice> : null}
      {mail === "failed" ? (
        <Notice tone="warn" hint="Hand it over yourself; the service's log says what the mail server refused.">
          The mail to {email} could not be sent.
        </Notice>
      ) : null}
      <Field label="Invitation link" hint="Shown this once. Invite the same address again for a new link.">
        {(control) => (
          <span className="flex items-center gap-1">
            <Input
              {...control}
              readOnly
              value={link}
              data-first-focus
              onFocus={(event) => event.currentTarget.select()}
              className="font-mono text-xs"
            />
            <CopyButton text={link} what="invitation link" />
          </span>
        )}
      </Field>
    </Dialog>
  );
}
