import type { Db } from "./client.ts";
import { inTransaction } from "./client.ts";
import { DatabaseError } from "./errors.ts";
import type { Prisma } from "./generated/client.ts";
import { isId } from "./id.ts";
import { checkVersion, nextVersion } from "./versions.ts";

export interface ProjectInfo {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly archivedAt: Date | null;
}

export interface Projects {
  /** The oldest first. */
  list(options?: { archived?: boolean }): Promise<ProjectInfo[]>;
  /** @throws DatabaseError `not-found` */
  get(id: string): Promise<ProjectInfo>;
  create(name: string): Promise<ProjectInfo>;
  /** @throws DatabaseError `not-found`, `conflict` */
  rename(id: string, name: string, seen: Date): Promise<ProjectInfo>;
  /**
   * Puts it away; its keys are refused from then on.
   * @throws DatabaseError `not-found`, `conflict`, `last-one`
   */
  archive(id: string, seen: Date): Promise<ProjectInfo>;
  /**
   * Brings it back; its keys work again, as far as they were not revoked.
   * @throws DatabaseError `not-found`, `conflict`
   */
  unarchive(id: string, seen: Date): Promise<ProjectInfo>;
}

const FIELDS = { id: true, name: true, slug: true, createdAt: true, updatedAt: true, archivedAt: true } as const;

export function projectsOf(db: Db, organizationId: string): Projects {
  const get = async (client: Db, id: string): Promise<ProjectInfo> => {
    const row = isId(id) && (await client.project.findFirst({ where: { id, organizationId }, select: FIELDS }));
    if (!row) throw new DatabaseError("not-found", `There is no project ${id}.`);
    return row;
  };
  const change = (id: string, seen: Date, data: Prisma.ProjectUpdateInput, check?: (tx: Db) => Promise<void>) =>
    inTransaction(db, async (tx) => {
      await lockOrganization(tx, organizationId);
      const row = await get(tx, id);
      checkVersion(row, seen, `The project ${row.name}`, id);
      await check?.(tx);
      return tx.project.update({ where: { id }, data: { ...data, updatedAt: nextVersion(row) }, select: FIELDS });
    });
  return {
    list: ({ archived = false } = {}) =>
      db.project.findMany({
        where: { organizationId, ...(archived ? {} : { archivedAt: null }) },
        orderBy: { id: "asc" },
        select: FIELDS,
      }),

    get: (id) => get(db, id),

    create: (name) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        const taken = await tx.project.findMany({ where: { organizationId }, select: { slug: true } });
        const slug = freeSlug(name, new Set(taken.map((row) => row.slug)));
        return tx.project.create({ data: { organizationId, name, slug }, select: FIELDS });
      }),

    rename: (id, name, seen) => change(id, seen, { name }),

    archive: (id, seen) =>
      change(id, seen, { archivedAt: new Date() }, async (tx) => {
        const left = await tx.project.count({ where: { organizationId, archivedAt: null, id: { not: id } } });
        if (left > 0) return;
        throw new DatabaseError("last-one", "This is the organization's last project, so it can't be archived.", {
          hint: "Create another project first.",
        });
      }),

    unarchive: (id, seen) => change(id, seen, { archivedAt: null }),
  };
}

/** One change at a time of what has a rule over all rows: the last owner, the last project, a free name. */
export async function lockOrganization(tx: Db, organizationId: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM organization WHERE id = ${organizationId}::uuid FOR UPDATE`;
}

/** `Café № 1` → `cafe-1`, or with a number behind it where that is taken. */
export function freeSlug(name: string, taken: ReadonlySet<string>, otherwise = "project"): string {
  const plain = name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, 40);
  const stem = plain === "" ? otherwise : plain;
  for (let n = 1; ; n++) {
    const slug = n === 1 ? stem : `${stem}-${n}`;
    if (!taken.has(slug)) return slug;
  }
}
