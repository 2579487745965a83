import type { MemberInfo } from "@tugboat/db";
import { z } from "zod";
import { invitationLetter } from "../../../domain/mail/letters.ts";
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
    .output(
      z.object({
        invitation,
        link: z.url(),
        /** Whether the link was mailed to them as well; `off` where no mail server is set. */
        mail: z.enum(["sent", "failed", "off"]),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      onlyOwnersMakeOwners(ctx.caller, input.role);
      const { consoleUrl, log, mailer } = ctx.management;
      const invitedBy = ctx.caller.kind === "member" ? ctx.caller.name : ctx.actor;
      const made = await ctx.change(async (scope) => {
        const { invitation: row, token } = await scope.members.invitations.create({
          ...input,
          invitedBy: ctx.actor,
          expiresAt: new Date(Date.now() + invitationDays * 86_400_000),
        });
        const link = `${consoleUrl}/invitation?token=${token}`;
        return { subject: row.id, after: input, result: { invitation: sent({ ...row, invitedBy }), link } };
      });
      if (!mailer) return { ...made, mail: "off" as const };
      const { name: organization } = await ctx.scope.info();
      const facts = { to: input.email, link: made.link, organization, invitedBy, days: invitationDays };
      try {
        await mailer.send(invitationLetter(facts));
        return { ...made, mail: "sent" as const };
      } catch (error) {
        // The invitation stands all the same: its link is shown to the one who invites.
        log.warn({ err: error }, "an invitation could not be mailed");
        return { ...made, mail: "failed" as const };
      }
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
