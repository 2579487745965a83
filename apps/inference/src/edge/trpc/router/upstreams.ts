import type { SealFor, UpstreamInfo } from "@tugboat/db";
import { z } from "zod";
import { AddressError, baseUrl } from "../../../domain/upstreams/address.ts";
import { recordedUpstream } from "../../../domain/upstreams/recorded.ts";
import { secretContext } from "../../../domain/upstreams/secret.ts";
import { upstreamEntry } from "../../../routing/routes.ts";
import { testUpstream } from "../../../upstreams/test-upstream.ts";
import type { Context } from "../context.ts";
import { RefusedError } from "../errors.ts";
import { id, moment, seen, sent } from "../shapes.ts";
import { orgProcedure, router } from "../trpc.ts";

const address = z
  .string()
  .max(2048)
  .transform((text, context) => {
    try {
      return baseUrl(text);
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
      context.addIssue({ code: "custom", message: error.message });
      return z.NEVER;
    }
  });

/** Those that belong to the connection or to the body, not to whoever configures. */
const ownHeaders =
  /^(host|connection|content-.*|transfer-encoding|te|trailer|upgrade|expect|keep-alive|cookie|x-request-id|x-tugboat-.*)$/;
const headerName = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$/, "This is not the name of a header.")
  .refine((header) => !ownHeaders.test(header), "This header is set by the connection itself.");
const headerValue = z
  .string()
  .trim()
  .regex(/^[\x20-\x7e]{0,4096}$/, "A header holds printable ASCII.");
const ms = (least: number) => z.int().min(least, `At least ${least} ms.`).max(3_600_000, "At most an hour.");

const settings = z.object({
  name: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9][\w.-]{0,62}$/, "A name begins with a letter or a digit; then letters, digits, . _ - follow."),
  baseUrl: address,
  secretHeader: headerName,
  headers: z
    .record(headerName, headerValue)
    .refine((headers) => Object.keys(headers).length <= 32, "At most 32 headers.")
    .refine((headers) => !("authorization" in headers), "A secret is shown to nobody only in the secret's own field."),
  connectTimeoutMs: ms(100),
  firstByteTimeoutMs: ms(100),
  idleTimeoutMs: ms(100),
  totalTimeoutMs: ms(1000),
  enabled: z.boolean(),
  extraModels: z.array(z.string().trim().min(1).max(256)).max(500),
});
const secret = z
  .string()
  .trim()
  .min(1)
  .max(4096)
  .regex(/^[\x21-\x7e]+$/, "A secret holds no spaces and no other than printable ASCII.")
  .nullable();

const defaults = {
  secretHeader: "authorization",
  headers: {},
  connectTimeoutMs: 5000,
  firstByteTimeoutMs: 60_000,
  idleTimeoutMs: 30_000,
  totalTimeoutMs: 600_000,
  enabled: true,
  extraModels: [],
};

const upstream = z.object({
  ...settings.shape,
  baseUrl: z.string(),
  id,
  hasSecret: z.boolean(),
  /** Why the secret can't be used. */
  problem: z.string().nullable(),
  /** What it listed when it was last tested. */
  models: z.array(z.string()),
  testedAt: moment.nullable(),
  testOk: z.boolean().nullable(),
  testMessage: z.string().nullable(),
  createdAt: moment,
  updatedAt: moment,
  /** As this process of the service saw it since its start. */
  health: z.object({
    phase: z.enum(["closed", "open", "half-open"]),
    inFlight: z.int(),
    answered: z.int(),
    failed: z.int(),
    lastError: z.object({ message: z.string(), at: moment }).nullable(),
  }),
});

export const upstreamsRouter = router({
  list: orgProcedure("upstreams:read")
    .output(z.object({ upstreams: z.array(upstream) }))
    .query(async ({ ctx }) => {
      const infos = await ctx.scope.upstreams.list();
      return { upstreams: await Promise.all(infos.map((info) => shown(ctx, info))) };
    }),

  /** Adds a server that speaks OpenAI's API. Its secret is stored encrypted and never given back. */
  create: orgProcedure("upstreams:write")
    .input(settings.partial().required({ name: true, baseUrl: true }).extend({ secret: secret.optional() }))
    .output(upstream)
    .mutation(async ({ ctx, input: { secret, ...input } }) => {
      const made = await ctx.change(async (scope) => {
        const result = await scope.upstreams.create({ ...defaults, ...input }, sealer(ctx, secret));
        return { subject: result.id, after: recordedUpstream(result), result };
      });
      return shown(ctx, made);
    }),

  /** Changes it. A secret that isn't given stays; null takes it away. */
  update: orgProcedure("upstreams:write")
    .input(settings.partial().extend({ id, updatedAt: seen, secret: secret.optional() }))
    .output(upstream)
    .mutation(async ({ ctx, input: { id, secret, updatedAt, ...changes } }) => {
      const after = await ctx.change(async (scope) => {
        const before = await scope.upstreams.get(id);
        if (before.hasSecret && secret === undefined && goesElsewhere(before, changes.baseUrl)) {
          const sentence = "Enter the secret again: it is not sent to another server by itself.";
          throw new RefusedError("BAD_REQUEST", sentence, { reason: "invalid", fields: { secret: sentence } });
        }
        const result = await scope.upstreams.update(id, changes, sealer(ctx, secret), updatedAt);
        const replaced = typeof secret === "string" ? { secret: "replaced" } : {};
        return {
          subject: id,
          before: recordedUpstream(before),
          after: { ...recordedUpstream(result), ...replaced },
          result,
        };
      });
      ctx.management.routing.upstreams.forget(id);
      return shown(ctx, after);
    }),

  remove: orgProcedure("upstreams:write")
    .input(z.object({ id, updatedAt: seen }))
    .output(z.object({ id }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const before = await scope.upstreams.get(input.id);
        await scope.upstreams.remove(input.id, input.updatedAt);
        return { subject: input.id, before: recordedUpstream(before), result: { id: input.id } };
      }),
    ),

  /** Lists its models and has one of them answer; what was found out is kept and shown. */
  test: orgProcedure("upstreams:write")
    .input(z.object({ id, model: z.string().min(1).max(256).optional() }))
    .output(upstream)
    .mutation(async ({ ctx, input }) => {
      const { routing, vault } = ctx.management;
      const info = await ctx.scope.upstreams.get(input.id);
      const entry = upstreamEntry(info, await ctx.scope.upstreams.secret(info.id), vault);
      const quick = { ...entry, firstByteTimeoutMs: Math.min(entry.firstByteTimeoutMs, 30_000) };
      const outcome = await testUpstream(quick, input.model, AbortSignal.timeout(60_000));
      if (outcome.ok) routing.upstreams.forget(info.id);
      const tested = await ctx.change(async (scope) => {
        const result = await scope.upstreams.recordTest(info.id, outcome);
        return { subject: info.id, after: { ok: outcome.ok, message: outcome.message }, result };
      });
      return shown(ctx, tested);
    }),
});

type OrgContext = Pick<Context, "management"> & { readonly organizationId: string };

function sealer({ management }: OrgContext, secret: string | null | undefined): SealFor {
  return typeof secret === "string" ? (id) => management.vault.seal(secret, secretContext(id)) : secret;
}

function goesElsewhere(before: UpstreamInfo, url: string | undefined): boolean {
  return url !== undefined && new URL(url).origin !== new URL(before.baseUrl).origin;
}

async function shown(ctx: OrgContext, info: UpstreamInfo): Promise<z.output<typeof upstream>> {
  const { routes, upstreams } = ctx.management.routing;
  const { lastError, ...health } = upstreams.health(info.id);
  const entry = (await routes.directory(ctx.organizationId)).upstreamsById.get(info.id);
  return {
    ...sent(info),
    headers: { ...info.headers },
    models: [...info.models],
    extraModels: [...info.extraModels],
    problem: entry?.problem ?? null,
    health: {
      ...health,
      lastError: lastError ? { message: lastError.message, at: new Date(lastError.at).toISOString() } : null,
    },
  };
}
