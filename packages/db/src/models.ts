import { aliasesThat } from "./aliases.ts";
import { type Db, inTransaction } from "./client.ts";
import { DatabaseError } from "./errors.ts";
import type { Prisma } from "./generated/client.ts";
import { lockOrganization } from "./projects.ts";

export interface ModelFile {
  /** Relative to the model's source path; "" when the source is the file itself. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hexadecimal; null until it has been computed. */
  readonly sha256: string | null;
}

/** What a model was last measured to do on one device, in tokens per second. */
export interface ModelSpeed {
  readonly device: string;
  readonly decodeTokensPerSecond: number;
  readonly prefillTokensPerSecond: number;
  readonly measuredAt: Date;
}

export interface NewModel {
  /** What requests call it. */
  readonly name: string;
  readonly sourcePath: string;
  readonly architecture: string;
  readonly parameters: number;
  /** In tokens. */
  readonly contextLength: number;
  readonly quantisation: string;
  readonly licence: string | null;
  readonly bytes: number;
  /** The installation's own: every organization of it may use it. By default what it was, or else no. */
  readonly shared?: boolean;
  readonly files: readonly ModelFile[];
  /** An adapter: the name of the model that it changes. Default null: a model of its own. */
  readonly base?: string | null;
}

export interface CatalogModel extends NewModel {
  readonly base: string | null;
  readonly id: string;
  readonly shared: boolean;
  /** Whether it is this organization's, to be measured, changed and removed by it; else it is shared with it. */
  readonly own: boolean;
  readonly addedAt: Date;
  readonly updatedAt: Date;
  readonly speeds: readonly ModelSpeed[];
}

/** An organization's models: its own, and those that this installation shares with all. Its own alone can be changed. */
export interface Models {
  /**
   * Adds a model, or replaces what is known of the one with that name. Its id, date and speeds stay if its files do.
   * @throws DatabaseError `exists` when an alias or a shared model has that name; `not-found` for an adapter whose model
   *   is not there
   */
  upsert(model: NewModel): Promise<CatalogModel>;
  /** By name. Its own goes before a shared one of the same name. */
  list(): Promise<CatalogModel[]>;
  get(name: string): Promise<CatalogModel | null>;
  /**
   * Shares a model of its own with every organization of the installation, or ends that.
   * @throws DatabaseError `not-found`; `exists` when another organization has a model or an alias of that name
   */
  share(name: string, shared: boolean): Promise<CatalogModel>;
  /**
   * Takes it out of the catalog; its files are not touched.
   * @throws DatabaseError `not-found`, `in-use` while an alias points to it or an adapter changes it
   */
  remove(name: string): Promise<void>;
  /** Whether any model of the installation, whoever's, is made of what lies there. */
  isUsed(sourcePath: string): Promise<boolean>;
  /** @throws DatabaseError `not-found` */
  recordSpeed(name: string, speed: ModelSpeed): Promise<void>;
  /**
   * Keeps a file's SHA-256, in lower-case hexadecimal.
   * @throws DatabaseError `not-found`
   */
  recordDigest(modelId: string, path: string, sha256: string): Promise<void>;
}

const WITH_PARTS = { files: { orderBy: { path: "asc" } }, speeds: { orderBy: { device: "asc" } } } as const;

type Row = Prisma.ModelGetPayload<{ include: typeof WITH_PARTS }>;

export function modelsOf(prisma: Db, organizationId: string): Models {
  const missing = (name: string) => new DatabaseError("not-found", `There is no model ${name}.`);
  const theirs = (db: Db, name: string) =>
    db.model.findMany({ where: { name, shared: true, organizationId: { not: organizationId } }, take: 1 });
  const seen = (row: Row): CatalogModel => catalogModel(row, organizationId);
  const visible = async (name?: string): Promise<CatalogModel[]> => {
    const rows = await prisma.model.findMany({
      where: { OR: [{ organizationId }, { shared: true }], ...(name !== undefined && { name }) },
      orderBy: { name: "asc" },
      include: WITH_PARTS,
    });
    const mine = new Set(rows.filter((row) => row.organizationId === organizationId).map((row) => row.name));
    return rows.map(seen).filter((model) => model.own || !mine.has(model.name));
  };
  return {
    async upsert({ base = null, files, ...model }) {
      const data = { ...model, base, parameters: BigInt(model.parameters), bytes: BigInt(model.bytes) };
      return inTransaction(prisma, async (tx) => {
        await lockOrganization(tx, organizationId);
        const alias = { where: { organizationId_name: { organizationId, name: model.name } } };
        if (await tx.alias.findUnique(alias)) {
          throw new DatabaseError("exists", `${model.name} is the name of an alias.`, {
            hint: "Give the model another name: requests could not tell the two apart.",
          });
        }
        const [named] = await theirs(tx, model.name);
        if (named) throw takenByShared(model.name);
        if (base !== null) {
          const found = await tx.model.findFirst({
            where: { name: base, base: null, OR: [{ organizationId }, { shared: true }] },
          });
          if (!found) throw missing(base);
        }
        const { id } = await tx.model.upsert({
          where: { organizationId_name: { organizationId, name: model.name } },
          create: { ...data, organizationId },
          update: data,
        });
        const before = await tx.modelFile.findMany({ where: { modelId: id }, orderBy: { path: "asc" } });
        const wanted = files.map((file) => ({ ...file, modelId: id, bytes: BigInt(file.bytes) }));
        if (!sameFiles(before, wanted)) {
          await tx.modelSpeed.deleteMany({ where: { modelId: id } });
        }
        await tx.modelFile.deleteMany({ where: { modelId: id } });
        await tx.modelFile.createMany({ data: wanted });
        return seen(await tx.model.findUniqueOrThrow({ where: { id }, include: WITH_PARTS }));
      });
    },

    list: () => visible(),

    get: async (name) => (await visible(name))[0] ?? null,

    share: (name, shared) =>
      inTransaction(prisma, async (tx) => {
        if (!shared) await refuseOtherUsers(tx, organizationId, name);
        const where = { organizationId_name: { organizationId, name } };
        if (!(await tx.model.findUnique({ where }))) throw missing(name);
        const elsewhere = { where: { name, organizationId: { not: organizationId } } };
        if (shared && ((await tx.model.findFirst(elsewhere)) || (await tx.alias.findFirst(elsewhere)))) {
          throw new DatabaseError("exists", `Another organization has something called ${name}.`, {
            hint: "Add the model under another name and share that: requests could not tell the two apart.",
          });
        }
        return seen(await tx.model.update({ where, data: { shared }, include: WITH_PARTS }));
      }),

    remove: (name) =>
      inTransaction(prisma, async (tx) => {
        await lockOrganization(tx, organizationId);
        const users = await aliasesThat(tx, organizationId, (to) => to.kind === "model" && to.model === name);
        if (users.length > 0) {
          throw new DatabaseError("in-use", `Aliases point to ${name}: ${users.join(", ")}.`, {
            hint: "Move them elsewhere first.",
          });
        }
        const row = await tx.model.findUnique({ where: { organizationId_name: { organizationId, name } } });
        if (row?.shared) await refuseOtherUsers(tx, organizationId, name);
        const adapters = await tx.model.findMany({
          where: { base: name, ...(!row?.shared && { organizationId }) },
          orderBy: { name: "asc" },
        });
        if (adapters.length > 0) {
          const names = adapters.map((adapter) => adapter.name).join(", ");
          throw new DatabaseError("in-use", `Adapters change ${name}: ${names}.`, { hint: "Remove them first." });
        }
        const { count } = await tx.model.deleteMany({ where: { organizationId, name } });
        if (count === 0) throw missing(name);
      }),

    isUsed: async (sourcePath) => (await prisma.model.findFirst({ where: { sourcePath } })) !== null,

    async recordSpeed(name, speed) {
      const row = await prisma.model.findUnique({ where: { organizationId_name: { organizationId, name } } });
      if (!row) throw missing(name);
      await prisma.modelSpeed.upsert({
        where: { modelId_device: { modelId: row.id, device: speed.device } },
        create: { ...speed, modelId: row.id },
        update: speed,
      });
    },

    async recordDigest(modelId, path, sha256) {
      const { count } = await prisma.modelFile.updateMany({
        where: { modelId, path, model: { organizationId } },
        data: { sha256 },
      });
      if (count === 0) throw new DatabaseError("not-found", "The model was removed or replaced in the meantime.");
    },
  };
}

/** @throws DatabaseError `in-use` while aliases of other organizations point to a shared model */
async function refuseOtherUsers(tx: Db, owner: string, name: string): Promise<void> {
  for (const { id } of await tx.organization.findMany({ where: { id: { not: owner } }, select: { id: true } })) {
    const users = await aliasesThat(tx, id, (to) => to.kind === "model" && to.model === name);
    if (users.length === 0) continue;
    throw new DatabaseError("in-use", `Aliases of other organizations point to ${name}.`, {
      hint: "They have to move them first: it is shared with every organization of this installation.",
    });
  }
}

function takenByShared(name: string): DatabaseError {
  return new DatabaseError("exists", `${name} is the name of a model that this installation shares.`, {
    hint: "Give the model another name: requests could not tell the two apart.",
  });
}

interface FileIdentity {
  readonly path: string;
  readonly bytes: bigint;
  readonly sha256: string | null;
}

/** Equal paths, sizes and, where both are known, digests. */
function sameFiles(before: readonly FileIdentity[], after: readonly FileIdentity[]): boolean {
  if (before.length !== after.length) return false;
  const known = new Map(before.map((file) => [file.path, file]));
  return after.every(({ path, bytes, sha256 }) => {
    const old = known.get(path);
    return old?.bytes === bytes && (old.sha256 === null || sha256 === null || old.sha256 === sha256);
  });
}

function catalogModel({ organizationId: owner, files, speeds, parameters, bytes, ...row }: Row, reader: string) {
  return {
    ...row,
    own: owner === reader,
    parameters: Number(parameters),
    bytes: Number(bytes),
    files: files.map(({ path, bytes, sha256 }) => ({ path, bytes: Number(bytes), sha256 })),
    speeds: speeds.map(({ modelId: _, ...speed }) => speed),
  };
}
