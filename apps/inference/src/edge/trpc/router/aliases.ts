import {
  type AliasHistory,
  type AliasInfo,
  type AliasPlan,
  type AliasTarget,
  type AliasVersionInfo,
  aliasPlan,
  type OrganizationScope,
} from "@tugboat/db";
import { z } from "zod";
import { checkGuards } from "../../../domain/evaluations/guard.ts";
import type { Directory } from "../../../routing/routes.ts";
import type { Context, DeploymentView } from "../context.ts";
import { aliasName, id, moment, seen } from "../shapes.ts";
import { orgProcedure, router, userIds } from "../trpc.ts";

/** `off`: an upstream that is switched off or whose secret can't be opened; `down`: it failed and gets a pause. */
const health = z.enum(["ready", "idle", "loading", "down", "off"]);

const target = z.object({
  kind: z.enum(["model", "upstream"]),
  /** Of an upstream: as the upstream calls it. */
  model: z.string(),
  upstreamId: id.nullable(),
  /** What a request would name to reach it: `small`, `upstream/model`. */
  name: z.string(),
  health,
});

const version = z.object({
  number: z.int(),
  split: z.array(z.object({ target, share: z.int() })),
  failover: z.array(target),
  note: z.string(),
  /** The number of the version that it repeats. */
  restores: z.int().nullable(),
  createdBy: z.string(),
  /** Null for what no person did, or one who is gone. */
  createdByName: z.string().nullable(),
  createdAt: moment,
});

/** Of this process, since it began; null where the alias has no semantic cache. */
const cache = z.object({
  /** The share of wrong answers that it may give. */
  maxError: z.number(),
  questions: z.int(),
  hits: z.int(),
  /** Of the hits, how many may be wrong at most by its own reckoning. */
  expectedWrong: z.number(),
  /** Questions that it would have answered but asked anew to see, and how many of those it would have got wrong. */
  checked: z.int(),
  wrong: z.int(),
});

const alias = z.object({
  id,
  name: z.string(),
  current: version,
  cache: cache.nullable(),
  createdAt: moment,
  updatedAt: moment,
});

const note = z.string().trim().max(500, "A note has at most 500 characters.").default("");

type OrgContext = Pick<Context, "management"> & { readonly organizationId: string };

export const aliasesRouter = router({
  list: orgProcedure("aliases:read")
    .output(z.object({ aliases: z.array(alias) }))
    .query(async ({ ctx }) => {
      const aliases = await ctx.scope.aliases.list();
      const show = await shower(
        ctx,
        aliases.map(({ current }) => current),
      );
      return { aliases: aliases.map((one) => shown(one, show)) };
    }),

  /** One alias with its history, the newest version first. */
  get: orgProcedure("aliases:read")
    .input(z.object({ id }))
    .output(alias.extend({ versions: z.array(version) }))
    .query(async ({ ctx, input }) => {
      const found = await ctx.scope.aliases.get(input.id);
      const show = await shower(ctx, found.versions);
      return { ...shown(found, show), versions: found.versions.map((one) => show(one)) };
    }),

  create: orgProcedure("aliases:write")
    .input(z.object({ name: aliasName, plan: aliasPlan, note }))
    .output(alias)
    .mutation(async ({ ctx, input }) => {
      const made = await ctx.change(async (scope) => {
        const { name, note, plan } = input;
        const result = await scope.aliases.create(name, { plan, note, createdBy: ctx.actor });
        return { subject: result.id, after: recorded(result), result };
      });
      return shown(made, await shower(ctx, [made.current]));
    }),

  /** Points it elsewhere, at once for every request that begins after it. */
  move: orgProcedure("aliases:write")
    .input(z.object({ id, plan: aliasPlan, note, updatedAt: seen }))
    .output(alias)
    .mutation(async ({ ctx, input: { id, note, plan, updatedAt } }) => {
      const moved = await ctx.change(async (scope) => {
        const before = await scope.aliases.get(id);
        await checkMove(scope, before, plan);
        const result = await scope.aliases.move(id, { plan, note, createdBy: ctx.actor }, updatedAt);
        return { subject: id, before: recorded(before), after: recorded(result), result };
      });
      return shown(moved, await shower(ctx, [moved.current]));
    }),

  /** Points it where it pointed at an earlier version. */
  rollback: orgProcedure("aliases:write")
    .input(z.object({ id, version: z.int().min(1), updatedAt: seen }))
    .output(alias)
    .mutation(async ({ ctx, input }) => {
      const moved = await ctx.change(async (scope) => {
        const before = await scope.aliases.get(input.id);
        const result = await scope.aliases.rollback(input.id, input.version, ctx.actor, input.updatedAt);
        return { subject: input.id, before: recorded(before), after: recorded(result), result };
      });
      return shown(moved, await shower(ctx, [moved.current]));
    }),

  /**
   * Has questions that mean the same answered from memory, with a bound on the share of wrong answers, or ends that. It holds
   * for chats whose target is a model of this installation.
   */
  cache: orgProcedure("aliases:write")
    .input(
      z.object({
        id,
        maxError: z.number().min(0.001, "At least 0.1 %.").max(0.5, "At most 50 %.").nullable(),
        updatedAt: seen,
      }),
    )
    .output(alias)
    .mutation(async ({ ctx, input: { id, maxError, updatedAt } }) => {
      const changed = await ctx.change(async (scope) => {
        const before = await scope.aliases.get(id);
        const result = await scope.aliases.cache(id, maxError, updatedAt);
        const record = ({ name, semanticError }: AliasInfo) => ({ name, semanticError });
        return { subject: id, before: record(before), after: record(result), result };
      });
      return shown(changed, await shower(ctx, [changed.current]));
    }),

  /** Removes it with its history; requests that name it are refused from then on. */
  remove: orgProcedure("aliases:write")
    .input(z.object({ id, updatedAt: seen }))
    .output(z.object({ id }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const before = await scope.aliases.get(input.id);
        await scope.aliases.remove(input.id, input.updatedAt);
        return { subject: input.id, before: recorded(before), result: { id: input.id } };
      }),
    ),
});

/** Guards speak of what most requests would reach. Rolling back is not held up: it is the way out. */
async function checkMove(
  scope: OrganizationScope,
  { current, name: subject }: AliasHistory,
  plan: AliasPlan,
): Promise<void> {
  const upstreams = await scope.upstreams.list();
  const most = (split: AliasPlan["split"]) => {
    const target = [...split].sort((a, b) => b.share - a.share)[0]?.target;
    if (target?.kind !== "upstream") return target?.model ?? "";
    return `${upstreams.find((one) => one.id === target.upstreamId)?.name ?? "?"}/${target.model}`;
  };
  await checkGuards(scope, { subject, next: most(plan.split), now: most(current.split) });
}

interface Show {
  (info: AliasVersionInfo): z.output<typeof version>;
  readonly cache: (info: AliasInfo) => z.output<typeof cache> | null;
}

async function shower(ctx: OrgContext, versions: readonly AliasVersionInfo[]): Promise<Show> {
  const { catalog, database, deployments, routing } = ctx.management;
  const [directory, names, models] = await Promise.all([
    routing.routes.directory(ctx.organizationId),
    database.people.names(userIds(versions.map(({ createdBy }) => createdBy))),
    catalog.of(ctx.organizationId).list(),
  ]);
  const states = new Map(deployments.statuses().map(({ model, state }) => [model, state]));
  const served = await Promise.all(
    models.map(async (model) => [model.name, states.get(await catalog.servedBy(ctx.organizationId, model))] as const),
  );
  const show = (target: AliasTarget) => shownTarget(target, { ...directory, states: new Map(served) }, ctx);
  const versionOf = ({ createdAt, createdBy, failover, note, number, restores, split }: AliasVersionInfo) => ({
    number,
    split: split.map(({ share, target }) => ({ share, target: show(target) })),
    failover: failover.map(show),
    note,
    restores,
    createdBy,
    createdByName: names.get(createdBy) ?? null,
    createdAt: createdAt.toISOString(),
  });
  const cacheOf = ({ id, semanticError: maxError }: AliasInfo) =>
    maxError === null ? null : { maxError, ...ctx.management.semantic.stats(id) };
  return Object.assign(versionOf, { cache: cacheOf });
}

function shownTarget(
  to: AliasTarget,
  { states, upstreamsById }: Directory & { readonly states: ReadonlyMap<string, DeploymentView["state"] | undefined> },
  { management }: OrgContext,
): z.output<typeof target> {
  if (to.kind === "model") {
    const health = {
      idle: "idle",
      loading: "loading",
      ready: "ready",
      restarting: "loading",
      failed: "down",
      closed: "idle",
    } as const;
    return { ...to, upstreamId: null, name: to.model, health: health[states.get(to.model) ?? "idle"] };
  }
  const upstream = upstreamsById.get(to.upstreamId);
  const usable = upstream?.enabled === true && upstream.problem === undefined;
  const resting = management.routing.upstreams.health(to.upstreamId).phase === "open";
  const name = `${upstream?.name ?? "(removed)"}/${to.model}`;
  return { ...to, name, health: usable ? (resting ? "down" : "ready") : "off" };
}

function shown(info: AliasInfo, show: Show): z.output<typeof alias> {
  const { createdAt, current, id, name, updatedAt } = info;
  return {
    id,
    name,
    current: show(current),
    cache: show.cache(info),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

/** As the audit log keeps it. */
function recorded({ current, name }: AliasInfo | AliasHistory) {
  const { failover, note, number, split } = current;
  return { name, version: number, split, failover, note };
}
