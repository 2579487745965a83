"use client";

import { useQuery } from "@tanstack/react-query";
import { UserMinus, UserPlus } from "lucide-react";
import { useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Button, IconButton } from "../../ui/button.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { plural } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { dayOf } from "../audit/moment.ts";
import { useSession } from "../service/session.tsx";
import { problemOf, useTRPC } from "../service/trpc.tsx";
import { InvitationsPanel } from "./invitations-panel.tsx";
import { InviteDialog } from "./invite-dialog.tsx";
import { MemberRole } from "./member-role.tsx";
import { RemoveDialog } from "./remove-dialog.tsx";
import { roleName } from "./roles.ts";
import { RolesPanel } from "./roles-panel.tsx";
import type { Member } from "./types.ts";
import { useRoleChange } from "./use-role-change.ts";

export function MembersPage() {
  const { user, organization, role, may } = useSession();
  const trpc = useTRPC();
  const { data, error } = useQuery(trpc.members.list.queryOptions());
  const { change, refused } = useRoleChange();
  const [inviting, setInviting] = useState(false);
  const [removing, setRemoving] = useState<Member>();
  const mayWrite = may("members:write");
  const mayMakeOwners = role === "owner";
  const name = organization?.name ?? "the organization";

  const columns: readonly Column<Member>[] = [
    {
      id: "name",
      header: "Member",
      value: (member) => `${member.name} ${member.email}`,
      cell: (member) => (
        <span className="grid min-w-0 py-0.5">
          <span className="flex items-center gap-2 font-medium">
            {member.name}
            {member.userId === user.id ? <Badge>you</Badge> : null}
          </span>
          <span className="text-ink-3 text-xs">{member.email}</span>
        </span>
      ),
    },
    {
      id: "role",
      header: "Role",
      value: (member) => roleName(member.role),
      cell: (member) => (
        <MemberRole
          member={member}
          self={member.userId === user.id}
          mayWrite={mayWrite}
          mayMakeOwners={mayMakeOwners}
          refusal={refused[member.userId]}
          onChange={(wanted) => change({ userId: member.userId, role: wanted, updatedAt: member.updatedAt })}
        />
      ),
    },
    {
      id: "joined",
      header: "Joined",
      wide: true,
      value: (member) => member.joinedAt,
      cell: (member) => dayOf(member.joinedAt),
    },
    ...(mayWrite ? [removal(mayMakeOwners, setRemoving)] : []),
  ];
  return (
    <Page
      name="Members"
      answer={
        data ? `${plural(data.members.length, "person", "people")} can work in ${name}.` : `Who can work in ${name}?`
      }
      note={
        mayWrite
          ? "A role says what somebody may do; a change of it counts at once."
          : "A role says what somebody may do; owners and admins change it."
      }
      actions={
        mayWrite ? (
          <Button kind="primary" data-tour="invite" onClick={() => setInviting(true)}>
            <UserPlus /> Invite
          </Button>
        ) : null
      }
    >
      {error ? (
        <Notice tone="bad" hint={problemOf(error).hint}>
          {problemOf(error).message}
        </Notice>
      ) : null}
      {error && !data ? null : (
        <Panel padded={false}>
          {data ? (
            <DataTable
              label="Members"
              rows={data.members}
              columns={columns}
              rowKey={({ userId }) => userId}
              empty={null}
            />
          ) : (
            <div className="grid gap-3 p-4">
              <Skeleton className="h-9" />
              <Skeleton className="h-9" />
            </div>
          )}
        </Panel>
      )}
      {mayWrite ? <InvitationsPanel /> : null}
      <RolesPanel />
      <InviteDialog
        open={inviting}
        onClose={() => setInviting(false)}
        organization={name}
        mayMakeOwners={mayMakeOwners}
      />
      <RemoveDialog
        member={removing}
        self={removing?.userId === user.id}
        organization={name}
        onClose={() => setRemoving(undefined)}
      />
    </Page>
  );
}

function removal(mayMakeOwners: boolean, onRemove: (member: Member) => void): Column<Member> {
  return {
    id: "remove",
    header: "Remove",
    action: true,
    value: () => undefined,
    cell: (member) =>
      member.role === "owner" && !mayMakeOwners ? null : (
        <span className="flex justify-end">
          <IconButton label={`Remove ${member.name}`} title="Remove" size="sm" onClick={() => onRemove(member)}>
            <UserMinus />
          </IconButton>
        </span>
      ),
  };
}
