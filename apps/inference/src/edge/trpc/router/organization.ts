import { z } from "zod";
import { RefusedError } from "../errors.ts";
import { id, moment, seen, sent, title } from "../shapes.ts";
import { orgProcedure, router } from "../trpc.ts";

const organization = z.object({ id, name: z.string(), slug: z.string(), createdAt: moment, updatedAt: moment });

export const organizationRouter = router({
  get: orgProcedure("organization:read")
    .output(organization)
    .query(async ({ ctx }) => sent(await ctx.scope.info())),

  rename: orgProcedure("organization:write")
    .input(z.object({ name: title, updatedAt: seen }))
    .output(organization)
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const before = await scope.info();
        const after = await scope.rename(input.name, input.updatedAt);
        return { subject: scope.id, before: { name: before.name }, after: { name: after.name }, result: sent(after) };
      }),
    ),

  /** Founds another organization, owned by whoever asks, and works in it from now on. */
  create: orgProcedure("organization:create")
    .input(z.object({ name: title }))
    .output(z.object({ id, name: z.string(), slug: z.string() }))
    .mutation(async ({ ctx, input }) => {
      const { caller, management } = ctx;
      if (caller.kind !== "member") {
        throw new RefusedError("FORBIDDEN", "Only a person can found an organization.", { reason: "forbidden" });
      }
      const { people } = management.database;
      const { organizationId, name, slug } = await people.found(caller.userId, input.name);
      const record = { actor: ctx.actor, action: "organization.create", subject: organizationId, address: ctx.address };
      await management.database.organization(organizationId).audit.append({ ...record, after: { name, slug } });
      await people.activate(caller.sessionId, organizationId);
      return { id: organizationId, name, slug };
    }),

  /** Gives up one's own membership. The last owner can't. The id must be of the organization that one works in. */
  leave: orgProcedure("organization:read")
    .input(z.object({ id }))
    .output(z.object({ id }))
    .mutation(async ({ ctx, input }) => {
      if (input.id !== ctx.organizationId) {
        throw new RefusedError("NOT_FOUND", `You don't work in an organization ${input.id}.`, { reason: "not-found" });
      }
      return ctx.change(async (scope) => {
        const { email, name, role } = await scope.members.remove(ctx.actor);
        return { subject: ctx.actor, before: { email, name, role }, result: { id: scope.id } };
      });
    }),
});
