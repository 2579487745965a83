import type { ApiKeyInfo, OrganizationScope } from "@tugboat/db";
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
  /** A calendar month (UTC); null is without limit. */
  budgetMicroUsd: z.int().nullable(),
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
  budgetMicroUsd: z.int("A whole number of micro-dollars.").min(0).max(Number.MAX_SAFE_INTEGER).nullable(),
  expiresAt: z.iso
    .datetime()
    .transform((text) => new Date(text))
    .refine((date) => date.getTime() > Date.now(), "This moment has passed.")
    .nullable(),
});

export const keysRouter = router({
  list: orgProcedure("keys:read")
    .output(z.object({ keys: z.array(key) }))
    .query(async ({ ctx }) => {
      const [keys, budgets] = await Promise.all([ctx.scope.keys.list(), ctx.scope.budgets.list()]);
      const monthly = budgets.filter(({ period }) => period === "month");
      const of = new Map(monthly.map(({ amountMicroUsd, subjectId }) => [subjectId, amountMicroUsd]));
      return { keys: keys.map((key) => shown(key, of.get(key.id) ?? null)) };
    }),

  /** Makes a key. Its secret is in this answer and nowhere else. */
  create: orgProcedure("keys:write")
    .input(settings.partial().required({ name: true }).extend({ projectId: id }))
    .output(z.object({ secret: z.string(), key }))
    .mutation(async ({ ctx, input: { budgetMicroUsd = null, ...input } }) => {
      const { scopes = ["*"] } = input;
      grantOnlyOnesOwn(ctx.caller, scopes);
      const made = await ctx.change(async (scope) => {
        const { key, secret } = await scope.keys.create({ ...input, scopes, createdBy: ctx.actor });
        const budget = await setBudget(scope, key.id, budgetMicroUsd);
        return { subject: key.id, after: recorded(key, budget), result: { secret, key: shown(key, budget) } };
      });
      if (budgetMicroUsd !== null) await ctx.management.meter.refresh();
      return made;
    }),

  update: orgProcedure("keys:write")
    .input(settings.partial().extend({ id, updatedAt: seen }))
    .output(key)
    .mutation(async ({ ctx, input: { id, updatedAt, budgetMicroUsd, ...changes } }) => {
      grantOnlyOnesOwn(ctx.caller, changes.scopes ?? []);
      const made = await ctx.change(async (scope) => {
        const before = await scope.keys.get(id);
        const budget = await budgetOf(scope, id);
        const after = await scope.keys.update(id, changes, updatedAt);
        const set = budgetMicroUsd === undefined ? budget : await setBudget(scope, id, budgetMicroUsd);
        return {
          subject: id,
          before: recorded(before, budget),
          after: recorded(after, set),
          result: shown(after, set),
        };
      });
      if (budgetMicroUsd !== undefined) await ctx.management.meter.refresh();
      return made;
    }),

  /** Ends a key's validity, at once and for good. */
  revoke: orgProcedure("keys:write")
    .input(z.object({ id }))
    .output(key)
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const before = await scope.keys.get(input.id);
        const budget = await budgetOf(scope, input.id);
        const after = await scope.keys.revoke(input.id);
        return {
          subject: after.id,
          before: recorded(before, budget),
          after: recorded(after, budget),
          result: shown(after, budget),
        };
      }),
    ),
});

/** @param budget micro-dollars a month */
function shown(info: ApiKeyInfo, budget: bigint | null) {
  const budgetMicroUsd = budget === null ? null : Number(budget);
  return sent({ ...info, scopes: [...info.scopes], models: [...info.models], budgetMicroUsd });
}

function recorded(info: ApiKeyInfo, budget: bigint | null) {
  return { ...recordedKey(info), budgetMicroUsd: budget === null ? null : Number(budget) };
}

async function budgetOf(scope: OrganizationScope, id: string): Promise<bigint | null> {
  return (await scope.budgets.of("key", id))?.amountMicroUsd ?? null;
}

async function setBudget(scope: OrganizationScope, id: string, microUsd: number | null): Promise<bigint | null> {
  const amountMicroUsd = microUsd === null ? null : BigInt(microUsd);
  return (await scope.budgets.set("key", id, { amountMicroUsd }))?.amountMicroUsd ?? null;
}

/** A key must not do more than the one who made it. */
function grantOnlyOnesOwn(caller: Caller, scopes: readonly string[]): void {
  const beyond = [...permissionsOfScopes(scopes)].filter((permission) => !caller.permissions.has(permission));
  if (beyond.length === 0) return;
  throw new RefusedError("FORBIDDEN", `You can't give a key what you may not do: ${beyond.join(", ")}.`, {
    reason: "forbidden",
  });
}
