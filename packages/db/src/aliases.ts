import { z } from "zod";
import { type Db, inTransaction } from "./client.ts";
import { DatabaseError } from "./errors.ts";
import type { Prisma } from "./generated/client.ts";
import { isId } from "./id.ts";
import { lockOrganization } from "./projects.ts";
import { type AliasPlan, type AliasTarget, aliasPlan, aliasTarget, targetKey, targetsOf } from "./targets.ts";
import { checkVersion, nextVersion } from "./versions.ts";

export interface AliasVersionInfo extends AliasPlan {
  readonly number: number;
  readonly note: string;
  /** The number of the version that this one repeats. */
  readonly restores: number | null;
  /** As the audit log names actors. */
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface AliasInfo {
  readonly id: string;
  readonly name: string;
  /** What serves now. */
  readonly current: AliasVersionInfo;
  /** The share of wrong answers that may come from its semantic cache, from 0 to 0.5; null: it has none. */
  readonly semanticError: number | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface AliasHistory extends AliasInfo {
  /** The newest first; the current one is the first. */
  readonly versions: readonly AliasVersionInfo[];
}

export interface NewAliasVersion {
  readonly plan: AliasPlan;
  readonly note?: string;
  readonly createdBy: string;
}

export interface Aliases {
  /** By name. */
  list(): Promise<AliasInfo[]>;
  /** @throws DatabaseError `not-found` */
  get(id: string): Promise<AliasHistory>;
  /** @throws DatabaseError `exists` when an alias or a model has that name, `not-found` for a target that isn't there */
  create(name: string, version: NewAliasVersion): Promise<AliasInfo>;
  /**
   * Points it elsewhere: its history gets one more version.
   * @throws DatabaseError `not-found`, `conflict`
   */
  move(id: string, version: NewAliasVersion, seen: Date): Promise<AliasInfo>;
  /**
   * Points it where it pointed at an earlier version, as a new version.
   * @throws DatabaseError `not-found`, `conflict`
   */
  rollback(id: string, number: number, createdBy: string, seen: Date): Promise<AliasInfo>;
  /**
   * Has questions that mean the same answered from memory, or ends that.
   * @throws DatabaseError `not-found`, `conflict`
   */
  cache(id: string, semanticError: number | null, seen: Date): Promise<AliasInfo>;
  /** @throws DatabaseError `not-found`, `conflict` */
  remove(id: string, seen: Date): Promise<void>;
}

const HISTORY = { versions: { orderBy: { number: "desc" } } } satisfies Prisma.AliasInclude;
type Row = Prisma.AliasGetPayload<{ include: typeof HISTORY }>;
type VersionRow = Row["versions"][number];

export function aliasesOf(db: Db, organizationId: string): Aliases {
  const missing = (id: string) => new DatabaseError("not-found", `There is no alias ${id}.`);
  const get = async (client: Db, id: string): Promise<AliasHistory> => {
    const row = isId(id) && (await client.alias.findFirst({ where: { id, organizationId }, include: HISTORY }));
    if (!row) throw missing(id);
    return history(row);
  };
  const append = async (tx: Db, alias: AliasHistory, version: NewAliasVersion & { restores?: number }) => {
    await checkTargets(tx, organizationId, version.plan);
    const number = alias.current.number + 1;
    await tx.aliasVersion.create({
      data: { organizationId, aliasId: alias.id, number, ...versionData(version) },
    });
    await tx.alias.update({ where: { id: alias.id }, data: { version: number, updatedAt: nextVersion(alias) } });
    return get(tx, alias.id);
  };
  const change = <T>(id: string, seen: Date, run: (tx: Db, alias: AliasHistory) => Promise<T>): Promise<T> =>
    inTransaction(db, async (tx) => {
      await lockOrganization(tx, organizationId);
      const alias = await get(tx, id);
      checkVersion(alias, seen, `The alias ${alias.name}`, id);
      return run(tx, alias);
    });
  return {
    async list() {
      const rows = await db.alias.findMany({
        where: { organizationId },
        orderBy: { name: "asc" },
        include: { versions: { orderBy: { number: "desc" }, take: 1 } },
      });
      return rows.map((row) => {
        const { versions: _, ...info } = history(row);
        return info;
      });
    },

    get: (id) => get(db, id),

    create: (name, version) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        const where = { organizationId_name: { organizationId, name } };
        if (await tx.alias.findUnique({ where })) {
          throw new DatabaseError("exists", `There is an alias ${name} already.`, { hint: "Move that one instead." });
        }
        if (await tx.model.findFirst({ where: { name, OR: [{ organizationId }, { shared: true }] } })) {
          throw new DatabaseError("exists", `${name} is the name of a model.`, {
            hint: "Give the alias a name of its own: requests could not tell the two apart.",
          });
        }
        await checkTargets(tx, organizationId, version.plan);
        const { id } = await tx.alias.create({ data: { organizationId, name, version: 1 } });
        await tx.aliasVersion.create({ data: { organizationId, aliasId: id, number: 1, ...versionData(version) } });
        return get(tx, id);
      }),

    move: (id, version, seen) => change(id, seen, (tx, alias) => append(tx, alias, version)),

    rollback: (id, number, createdBy, seen) =>
      change(id, seen, (tx, alias) => {
        const old = alias.versions.find((version) => version.number === number);
        if (old === undefined) {
          throw new DatabaseError("not-found", `The alias ${alias.name} has no version ${number}.`);
        }
        const { split, failover } = old;
        return append(tx, alias, { plan: { split, failover }, createdBy, restores: number });
      }),

    cache: (id, semanticError, seen) =>
      change(id, seen, async (tx, alias) => {
        await tx.alias.update({ where: { id }, data: { semanticError, updatedAt: nextVersion(alias) } });
        return get(tx, id);
      }),

    remove: (id, seen) =>
      change(id, seen, async (tx) => {
        await tx.alias.deleteMany({ where: { id, organizationId } });
      }),
  };
}

/** The names of the aliases that now send requests to a target for which `uses` holds. */
export async function aliasesThat(
  db: Db,
  organizationId: string,
  uses: (target: AliasTarget) => boolean,
): Promise<string[]> {
  const aliases = await aliasesOf(db, organizationId).list();
  return aliases.filter(({ current }) => targetsOf(current).some(uses)).map(({ name }) => name);
}

/** @throws DatabaseError `not-found` */
async function checkTargets(tx: Db, organizationId: string, plan: AliasPlan): Promise<void> {
  for (const target of new Map(targetsOf(plan).map((one) => [targetKey(one), one])).values()) {
    const { model: name } = target;
    const found =
      target.kind === "model"
        ? await tx.model.findFirst({
            where: { name, OR: [{ organizationId }, { shared: true }] },
            select: { id: true },
          })
        : await tx.upstream.findFirst({ where: { id: target.upstreamId, organizationId }, select: { id: true } });
    if (found) continue;
    throw new DatabaseError(
      "not-found",
      target.kind === "model" ? `There is no model ${name}.` : `There is no upstream ${target.upstreamId}.`,
    );
  }
}

function versionData({ plan, note = "", createdBy, restores }: NewAliasVersion & { restores?: number }) {
  const { split, failover } = aliasPlan.parse(plan);
  return { split, failover, note, createdBy, ...(restores !== undefined && { restores }) };
}

const storedSplit = z.array(z.object({ target: aliasTarget, share: z.int() }));

function versionInfo({ organizationId: _, aliasId: __, split, failover, ...row }: VersionRow): AliasVersionInfo {
  return { ...row, split: storedSplit.parse(split), failover: z.array(aliasTarget).parse(failover) };
}

function history({ organizationId: _, version: __, versions, ...row }: Row): AliasHistory {
  const infos = versions.map(versionInfo);
  const [current] = infos;
  if (current === undefined) throw new Error(`The alias ${row.id} has no version.`);
  return { ...row, current, versions: infos };
}
