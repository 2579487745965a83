"use client";

import type { Role } from "@tugboat/inference/trpc";
import { useId, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import type { CallProblem } from "../service/trpc.tsx";
import { RoleSelect } from "./role-select.tsx";
import { roleDoes, roleName } from "./roles.ts";
import type { Member } from "./types.ts";

export interface MemberRoleProps {
  readonly member: Member;
  readonly self: boolean;
  readonly mayWrite: boolean;
  readonly mayMakeOwners: boolean;
  /** Why the last change did not happen. */
  readonly refusal: CallProblem | undefined;
  readonly onChange: (role: Role) => void;
}

/** A member's role, as a choice for those who may change it. */
export function MemberRole({ member, self, mayWrite, mayMakeOwners, refusal, onChange }: MemberRoleProps) {
  const id = useId();
  const [asked, setAsked] = useState<Role>();
  if (!mayWrite || (member.role === "owner" && !mayMakeOwners)) {
    return <span title={roleDoes(member.role)}>{roleName(member.role)}</span>;
  }
  return (
    <>
      <RoleSelect
        aria-label={`Role of ${member.name}`}
        aria-invalid={refusal ? true : undefined}
        aria-describedby={refusal ? `${id}-why` : undefined}
        className="w-32"
        value={member.role}
        onChange={(role) => (self ? setAsked(role) : onChange(role))}
        mayMakeOwners={mayMakeOwners}
      />
      {refusal ? (
        <p id={`${id}-why`} role="alert" className="mt-1 max-w-60 whitespace-normal text-bad text-xs">
          {refusal.message} {refusal.hint}
        </p>
      ) : null}
      <Dialog
        open={asked !== undefined}
        onClose={() => setAsked(undefined)}
        title="Change your own role?"
        description={
          asked
            ? `You become ${roleName(asked).toLowerCase()}: ${lowered(roleDoes(asked))} You can't take it back yourself if that role may not change members.`
            : undefined
        }
        actions={
          <>
            <Button onClick={() => setAsked(undefined)}>Keep it</Button>
            <Button
              kind="danger"
              onClick={() => {
                if (asked) onChange(asked);
                setAsked(undefined);
              }}
            >
              Change my role
            </Button>
          </>
        }
      />
    </>
  );
}

function lowered(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
