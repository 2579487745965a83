import { z } from "zod";
import { oidcProvider } from "../../../domain/accounts/oidc.ts";
import { preferences } from "../../../domain/accounts/preferences.ts";
import { recordForPerson } from "../../../domain/accounts/records.ts";
import { permissions } from "../../../domain/permissions.ts";
import type { Member } from "../../session.ts";
import { RefusedError } from "../errors.ts";
import { id, moment, role, sent } from "../shapes.ts";
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
const openSession = z.object({
  id,
  /** Whether it is the one that asks. */
  current: z.boolean(),
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
  createdAt: moment,
  expiresAt: moment,
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

  /** How one signs in. */
  account: signedInProcedure
    .output(z.object({ password: z.boolean(), twoFactor: z.boolean(), oidc: z.boolean() }))
    .query(async ({ ctx }) => {
      const { providers, twoFactor } = await ctx.management.database.people.credentials(ctx.caller.userId);
      return { password: providers.includes("credential"), twoFactor, oidc: providers.includes(oidcProvider) };
    }),

  /** Where one is signed in, the newest first. */
  list: signedInProcedure.output(z.object({ sessions: z.array(openSession) })).query(async ({ ctx }) => {
    const { caller, management } = ctx;
    const sessions = await management.database.people.sessions(caller.userId);
    return { sessions: sessions.map((one) => ({ ...sent(one), current: one.id === caller.sessionId })) };
  }),

  /** Ends one of one's own sessions; that browser has to sign in again. */
  end: signedInProcedure
    .input(z.object({ id }))
    .output(z.object({ id }))
    .mutation(async ({ ctx, input }) => {
      const { address, caller, management } = ctx;
      if ((await management.database.people.endSessions(caller.userId, input)) === 0) {
        throw new RefusedError("NOT_FOUND", "This session has ended already.", { reason: "not-found" });
      }
      await recordForPerson(management.database, caller, { action: "users.end-session", address, after: input });
      return { id: input.id };
    }),

  /** Ends all of one's sessions but the one that asks. */
  endOthers: signedInProcedure.output(z.object({ ended: z.int() })).mutation(async ({ ctx }) => {
    const { address, caller, management } = ctx;
    const ended = await management.database.people.endSessions(caller.userId, { allBut: caller.sessionId });
    await recordForPerson(management.database, caller, { action: "users.end-sessions", address, after: { ended } });
    return { ended };
  }),

  /** What the console remembers for this person. */
  preferences: signedInProcedure.output(preferences).query(async ({ ctx }) => {
    const { people } = ctx.management.database;
    return { tour: (await people.preference(ctx.caller.userId, "tour", preferences.shape.tour)) ?? null };
  }),

  /** Sets what is named and leaves the rest. */
  prefer: signedInProcedure
    .input(preferences.partial())
    .output(preferences.partial())
    .mutation(async ({ ctx, input }) => {
      const { people } = ctx.management.database;
      if (input.tour) await people.setPreference(ctx.caller.userId, "tour", input.tour);
      return input;
    }),
});
