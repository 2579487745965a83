import type { MemberInfo } from "@tugboat/db";
import { z } from "zod";
import type { Role } from "../../../domain/permissions.ts";
import type { Caller } from "../context.ts";
import { RefusedError } from "../errors.ts";
import { id, moment, role, seen, sent } from "../shapes.ts";
import { orgProcedure, router, userIds } from "../trpc.ts";

const member = z.object({
  userId: id,
  name: z.string(),
  email: z.string(),
  role,
  joinedAt: moment,
  updatedAt: moment,
});
const invitation = z.object({
  id,
  email: z.string(),
  role,
  /** The name of the one who invited, or `system`. */
  invitedBy: z.string(),
  createdAt: moment,
  expiresAt: moment,
});

const invitationDays = 7;

export const membersRouter = router({
  list: orgProcedure("members:read")
    .output(z.object({ members: z.array(member) }))
    .query(async ({ ctx }) => ({ members: (await ctx.scope.members.list()).map(sent) })),

  invitations: orgProcedure("members:write")
    .output(z.object({ invitations: z.array(invitation) }))
    .query(async ({ ctx }) => {
      const list = await ctx.scope.members.invitations.list();
      const names = await ctx.management.database.people.names(userIds(list.map(({ invitedBy }) => invitedBy)));
      return { invitations: list.map((one) => sent({ ...one, invitedBy: names.get(one.invitedBy) ?? one.invitedBy })) };
    }),

  /** Invites an address; the link is told this once, and ends the one of an earlier invitation of the same address. */
  invite: orgProcedure("members:write")
    .input(
      z.object({
        email: z.string().trim().toLowerCase().max(254).pipe(z.email("This is not an email address.")),
        role,
      }),
    )
    .output(z.object({ invitation, link: z.url() }))
    .mutation(async ({ ctx, input }) => {
      onlyOwnersMakeOwners(ctx.caller, input.role);
      return ctx.change(async (scope) => {
        const made = await scope.members.invitations.create({
          ...input,
          invitedBy: ctx.actor,
          expiresAt: new Date(Date.now() + invitationDays * 86_400_000),
        });
        const link = `${ctx.management.consoleUrl}/invitation?token=${made.token}`;
        const invitedBy = ctx.caller.kind === "member" ? ctx.caller.name : ctx.actor;
        const result = { invitation: sent({ ...made.invitation, invitedBy }), link };
        return { subject: made.invitation.id, after: input, result };
      });
    }),

  withdraw: orgProcedure("members:write")
    .input(z.object({ id }))
    .output(z.object({ id }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const { email, id, role } = await scope.members.invitations.withdraw(input.id);
        return { subject: id, before: { email, role }, result: { id } };
      }),
    ),

  changeRole: orgProcedure("members:write")
    .input(z.object({ userId: id, role, updatedAt: seen }))
    .output(member)
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const before = await scope.members.get(input.userId);
        onlyOwnersMakeOwners(ctx.caller, before.role, input.role);
        const after = await scope.members.changeRole(input.userId, input.role, input.updatedAt);
        return { subject: after.userId, before: whom(before), after: whom(after), result: sent(after) };
      }),
    ),

  remove: orgProcedure("members:write")
    .input(z.object({ userId: id }))
    .output(z.object({ userId: id }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const before = await scope.members.get(input.userId);
        onlyOwnersMakeOwners(ctx.caller, before.role);
        await scope.members.remove(input.userId);
        return { subject: before.userId, before: whom(before), result: { userId: before.userId } };
      }),
    ),
});

function whom({ email, name, role }: MemberInfo) {
  return { email, name, role };
}

/** An admin must not become more than an admin by way of another account. */
function onlyOwnersMakeOwners(caller: Caller, ...concerned: readonly Role[]): void {
  if (!concerned.includes("owner")) return;
  if (caller.kind === "member" && caller.organization?.role === "owner") return;
  throw new RefusedError("FORBIDDEN", "Only an owner can make, change or remove an owner.", {
    reason: "forbidden",
    hint: "Ask an owner of your organization.",
  });
}
