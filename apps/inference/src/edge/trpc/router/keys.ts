import type { ApiKeyInfo } from "@tugboat/db";
import { z } from "zod";
import { recordedKey } from "../../../domain/keys/recorded.ts";
import { keyPermissions, permissionsOfScopes } from "../../../domain/permissions.ts";
import type { Caller } from "../context.ts";
import { RefusedError } from "../errors.ts";
import { id, moment, seen, sent, title } from "../shapes.ts";
import { orgProcedure, router } from "../trpc.ts";

const key = z.object({
  id,
  projectId: id,
  name: z.string(),
  /** What a person recognises it by. */
  prefix: z.string(),
  scopes: z.array(z.string()),
  models: z.array(z.string()),
  requestsPerMinute: z.int().nullable(),
  tokensPerMinute: z.int().nullable(),
  createdBy: z.string(),
  createdAt: moment,
  updatedAt: moment,
  expiresAt: moment.nullable(),
  lastUsedAt: moment.nullable(),
  revokedAt: moment.nullable(),
});

const limit = z.int().min(1, "A limit is at least 1.").max(2_000_000_000).nullable();
/** Null takes a limit away. */
const settings = z.object({
  name: title,
  scopes: z
    .array(z.enum(["*", ...keyPermissions], "A key can't have this permission."))
    .min(1, "A key needs a permission.")
    .max(50),
  models: z.array(z.string().min(1).max(128)).max(200),
  requestsPerMinute: limit,
  tokensPerMinute: limit,
  expiresAt: z.iso
    .datetime()
    .transform((text) => new Date(text))
    .refine((date) => date.getTime() > Date.now(), "This moment has passed.")
    .nullable(),
});

export const keysRouter = router({
  list: orgProcedure("keys:read")
    .output(z.object({ keys: z.array(key) }))
    .query(async ({ ctx }) => ({ keys: (await ctx.scope.keys.list()).map(shown) })),

  /** Makes a key. Its secret is in this answer and nowhere else. */
  create: orgProcedure("keys:write")
    .input(settings.partial().required({ name: true }).extend({ projectId: id }))
    .output(z.object({ secret: z.string(), key }))
    .mutation(({ ctx, input }) => {
      const { scopes = ["*"] } = input;
      grantOnlyOnesOwn(ctx.caller, scopes);
      return ctx.change(async (scope) => {
        const made = await scope.keys.create({ ...input, scopes, createdBy: ctx.actor });
        return {
          subject: made.key.id,
          after: recordedKey(made.key),
          result: { secret: made.secret, key: shown(made.key) },
        };
      });
    }),

  update: orgProcedure("keys:write")
    .input(settings.partial().extend({ id, updatedAt: seen }))
    .output(key)
    .mutation(({ ctx, input: { id, updatedAt, ...changes } }) => {
      grantOnlyOnesOwn(ctx.caller, changes.scopes ?? []);
      return ctx.change(async (scope) => {
        const before = await scope.keys.get(id);
        const after = await scope.keys.update(id, changes, updatedAt);
        return { subject: id, before: recordedKey(before), after: recordedKey(after), result: shown(after) };
      });
    }),

  /** Ends a key's validity, at once and for good. */
  revoke: orgProcedure("keys:write")
    .input(z.object({ id }))
    .output(key)
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const before = await scope.keys.get(input.id);
        const after = await scope.keys.revoke(input.id);
        return { subject: after.id, before: recordedKey(before), after: recordedKey(after), result: shown(after) };
      }),
    ),
});

function shown(info: ApiKeyInfo) {
  return sent({ ...info, scopes: [...info.scopes], models: [...info.models] });
}

/** A key must not do more than the one who made it. */
function grantOnlyOnesOwn(caller: Caller, scopes: readonly string[]): void {
  const beyond = [...permissionsOfScopes(scopes)].filter((permission) => !caller.permissions.has(permission));
  if (beyond.length === 0) return;
  throw new RefusedError("FORBIDDEN", `You can't give a key what you may not do: ${beyond.join(", ")}.`, {
    reason: "forbidden",
  });
}
