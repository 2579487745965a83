import { z } from "zod";
import { aliasesThat } from "./aliases.ts";
import { type Db, inTransaction } from "./client.ts";
import { DatabaseError } from "./errors.ts";
import type { Upstream } from "./generated/client.ts";
import { isId } from "./id.ts";
import { lockOrganization } from "./projects.ts";
import { checkVersion, nextVersion } from "./versions.ts";

/** A secret as it is stored. */
export interface SealedSecret {
  /** Nonce, ciphertext and tag. */
  readonly sealed: Uint8Array;
  /** Which key sealed it. */
  readonly keyId: string;
}

export interface UpstreamSettings {
  /** What the names of its models begin with. */
  readonly name: string;
  readonly baseUrl: string;
  /** The header that carries the secret. */
  readonly secretHeader: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connectTimeoutMs: number;
  /** Until the first event of a stream. */
  readonly firstByteTimeoutMs: number;
  /** Between two pieces of a stream. */
  readonly idleTimeoutMs: number;
  /** For a whole answer. */
  readonly totalTimeoutMs: number;
  readonly enabled: boolean;
  /** What it serves and does not list. */
  readonly extraModels: readonly string[];
}

export interface UpstreamInfo extends UpstreamSettings {
  readonly id: string;
  readonly hasSecret: boolean;
  /** What it listed when it was last tested. */
  readonly models: readonly string[];
  readonly testedAt: Date | null;
  readonly testOk: boolean | null;
  readonly testMessage: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface UpstreamTest {
  readonly ok: boolean;
  readonly message: string;
  /** Undefined keeps those that are known. */
  readonly models?: readonly string[];
}

/** Null takes the secret away; absent keeps it. The id is bound into the seal. */
export type SealFor = ((id: string) => SealedSecret) | null | undefined;

export interface Upstreams {
  /** By name. */
  list(): Promise<UpstreamInfo[]>;
  /** @throws DatabaseError `not-found` */
  get(id: string): Promise<UpstreamInfo>;
  /** @throws DatabaseError `not-found` */
  secret(id: string): Promise<SealedSecret | null>;
  /** @throws DatabaseError `exists` */
  create(settings: UpstreamSettings, seal: SealFor): Promise<UpstreamInfo>;
  /** @throws DatabaseError `not-found`, `conflict`, `exists` */
  update(id: string, changes: Partial<UpstreamSettings>, seal: SealFor, seen: Date): Promise<UpstreamInfo>;
  /** Notes a test's outcome; it is no change of the settings: their version stays. @throws DatabaseError `not-found` */
  recordTest(id: string, test: UpstreamTest): Promise<UpstreamInfo>;
  /** Notes what it lists now; its settings stay what they are. @throws DatabaseError `not-found` */
  relist(id: string, models: readonly string[]): Promise<void>;
  /** @throws DatabaseError `not-found`, `conflict`, `in-use` while an alias points to it */
  remove(id: string, seen: Date): Promise<void>;
}

export function upstreamsOf(db: Db, organizationId: string): Upstreams {
  const row = async (client: Db, id: string): Promise<Upstream> => {
    const found = isId(id) && (await client.upstream.findFirst({ where: { id, organizationId } }));
    if (!found) throw new DatabaseError("not-found", `There is no upstream ${id}.`);
    return found;
  };
  const refuseTaken = async (tx: Db, name: string, id?: string) => {
    const other = await tx.upstream.findUnique({ where: { organizationId_name: { organizationId, name } } });
    if (!other || other.id === id) return;
    throw new DatabaseError("exists", `There is an upstream ${name} already.`, { hint: "Choose another name." });
  };
  const sealed = (id: string, seal: SealFor) => {
    if (seal === undefined) return {};
    if (seal === null) return { secret: null, secretKeyId: null };
    const made = seal(id);
    return { secret: new Uint8Array(made.sealed), secretKeyId: made.keyId };
  };
  return {
    async list() {
      const rows = await db.upstream.findMany({ where: { organizationId }, orderBy: { name: "asc" } });
      return rows.map(upstreamInfo);
    },

    get: async (id) => upstreamInfo(await row(db, id)),

    async secret(id) {
      const { secret, secretKeyId } = await row(db, id);
      return secret === null || secretKeyId === null ? null : { sealed: secret, keyId: secretKeyId };
    },

    create: ({ headers, extraModels, ...settings }, seal) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        await refuseTaken(tx, settings.name);
        const made = await tx.upstream.create({
          data: { ...settings, organizationId, headers: { ...headers }, extraModels: [...extraModels] },
        });
        const data = { ...sealed(made.id, seal), updatedAt: made.updatedAt };
        return upstreamInfo(await tx.upstream.update({ where: { id: made.id }, data }));
      }),

    update: (id, { headers, extraModels, ...changes }, seal, seen) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        const before = await row(tx, id);
        checkVersion(before, seen, `The upstream ${before.name}`, id);
        if (changes.name !== undefined) await refuseTaken(tx, changes.name, id);
        const after = await tx.upstream.update({
          where: { id },
          data: {
            ...changes,
            ...sealed(id, seal),
            ...(headers && { headers: { ...headers } }),
            ...(extraModels && { extraModels: [...extraModels] }),
            updatedAt: nextVersion(before),
          },
        });
        return upstreamInfo(after);
      }),

    async recordTest(id, { ok, message, models }) {
      await row(db, id);
      // Prisma would give the row a new version.
      await db.$executeRaw`
        UPDATE upstream SET tested_at = now(), test_ok = ${ok}, test_message = ${message},
               models = COALESCE(${models === undefined ? null : [...models]}::text[], models)
         WHERE id = ${id}::uuid AND organization_id = ${organizationId}::uuid`;
      return upstreamInfo(await row(db, id));
    },

    async relist(id, models) {
      await row(db, id);
      await db.$executeRaw`
        UPDATE upstream SET models = ${[...models]}::text[]
         WHERE id = ${id}::uuid AND organization_id = ${organizationId}::uuid`;
    },

    remove: (id, seen) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        const before = await row(tx, id);
        checkVersion(before, seen, `The upstream ${before.name}`, id);
        const users = await aliasesThat(tx, organizationId, (to) => to.kind === "upstream" && to.upstreamId === id);
        if (users.length > 0) {
          throw new DatabaseError("in-use", `Aliases point to ${before.name}: ${users.join(", ")}.`, {
            hint: "Move them elsewhere first.",
          });
        }
        await tx.upstream.deleteMany({ where: { id, organizationId } });
      }),
  };
}

const storedHeaders = z.record(z.string(), z.string());

function upstreamInfo({ organizationId: _, secret, secretKeyId: __, headers, ...row }: Upstream): UpstreamInfo {
  return { ...row, headers: storedHeaders.parse(headers), hasSecret: secret !== null };
}
