import { z } from "zod";
import { permissions } from "../../../domain/permissions.ts";
import type { Member } from "../../session.ts";
import { RefusedError } from "../errors.ts";
import { id, role } from "../shapes.ts";
import { router, signedInProcedure } from "../trpc.ts";

const organization = z.object({ id, name: z.string(), slug: z.string(), role });
const me = z.object({
  user: z.object({ id, email: z.string(), name: z.string() }),
  /** Null for somebody who is a member of none. */
  organization: organization.omit({ role: true }).nullable(),
  role: role.nullable(),
  permissions: z.array(z.enum(permissions)),
  organizations: z.array(organization),
});

function describe(member: Member, active = member.organization): z.output<typeof me> {
  return {
    user: { id: member.userId, email: member.email, name: member.name },
    organization: active === undefined ? null : { id: active.id, name: active.name, slug: active.slug },
    role: active?.role ?? null,
    permissions: [...member.permissions],
    organizations: [...member.organizations],
  };
}

export const sessionRouter = router({
  me: signedInProcedure.output(me).query(({ ctx }) => describe(ctx.caller)),

  /** Works in another of one's organizations from now on. */
  switch: signedInProcedure
    .input(z.object({ organizationId: id }))
    .output(z.object({ organization }))
    .mutation(async ({ ctx, input }) => {
      const { caller, management } = ctx;
      const wanted = caller.organizations.find((one) => one.id === input.organizationId);
      if (wanted === undefined) {
        throw new RefusedError("NOT_FOUND", `There is no organization ${input.organizationId}.`, {
          reason: "not-found",
        });
      }
      await management.database.people.activate(caller.sessionId, wanted.id);
      return { organization: wanted };
    }),
});
