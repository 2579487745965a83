import { createHash, randomBytes } from "node:crypto";
import { type Db, inTransaction } from "./client.ts";
import { DatabaseError } from "./errors.ts";
import type { ApiKey } from "./generated/client.ts";
import { isId } from "./id.ts";
import { checkVersion, nextVersion } from "./versions.ts";

const KEY_START = "tug_";
/** Characters of a key that are kept in the clear, for a person to recognise it by. */
const PREFIX_LENGTH = KEY_START.length + 8;

export interface ApiKeyInfo {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly string[];
  /** Names of models and aliases; empty means all. */
  readonly models: readonly string[];
  /** Null is without limit. */
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  /** A member's id or `system`. */
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

export interface NewApiKey {
  readonly projectId: string;
  readonly name: string;
  /** What it may do; the default is everything. */
  readonly scopes?: readonly string[];
  readonly models?: readonly string[];
  readonly requestsPerMinute?: number | null;
  readonly tokensPerMinute?: number | null;
  readonly createdBy?: string;
  readonly expiresAt?: Date | null;
}

/** What of a key can be changed; null takes a limit away. */
export type KeyChanges = Partial<Omit<NewApiKey, "projectId" | "createdBy">>;

/** What a request may do that carries a valid key. */
export interface VerifiedKey {
  readonly id: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly models: readonly string[];
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  readonly expiresAt: Date | null;
}

export interface ApiKeys {
  /** @returns the key itself, which is told this once and never stored */
  create(key: NewApiKey): Promise<{ secret: string; key: ApiKeyInfo }>;
  list(): Promise<ApiKeyInfo[]>;
  /** @throws DatabaseError `not-found` */
  get(id: string): Promise<ApiKeyInfo>;
  /** @throws DatabaseError `not-found`, `conflict`; a revoked key is not found */
  update(id: string, changes: KeyChanges, seen: Date): Promise<ApiKeyInfo>;
  /**
   * Ends a key's validity; a second time changes nothing.
   * @throws DatabaseError `not-found`
   */
  revoke(id: string): Promise<ApiKeyInfo>;
}

/** SHA-256 of a key: 32 random bytes need no salt and no slow hash. */
export function hashKey(secret: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash("sha256").update(secret).digest());
}

export function keysOf(db: Db, organizationId: string): ApiKeys {
  const missing = (id: string) => new DatabaseError("not-found", `There is no key ${id}.`);
  const get = async (client: Db, id: string): Promise<ApiKeyInfo> => {
    const row = isId(id) && (await client.apiKey.findFirst({ where: { id, organizationId } }));
    if (!row) throw missing(id);
    return keyInfo(row);
  };
  return {
    async create({ projectId, scopes = ["*"], models = [], ...key }) {
      const where = { id: projectId, organizationId, archivedAt: null };
      const project = isId(projectId) && (await db.project.findFirst({ where }));
      if (!project) throw new DatabaseError("not-found", `There is no project ${projectId}.`);
      const secret = KEY_START + randomBytes(32).toString("base64url");
      const row = await db.apiKey.create({
        data: {
          ...key,
          organizationId,
          projectId,
          prefix: secret.slice(0, PREFIX_LENGTH),
          hash: hashKey(secret),
          scopes: [...scopes],
          models: [...models],
        },
      });
      return { secret, key: keyInfo(row) };
    },

    async list() {
      const rows = await db.apiKey.findMany({ where: { organizationId }, orderBy: { id: "asc" } });
      return rows.map(keyInfo);
    },

    get: (id) => get(db, id),

    update: (id, { scopes, models, ...changes }, seen) =>
      inTransaction(db, async (tx) => {
        const key = await get(tx, id);
        if (key.revokedAt !== null) throw missing(id);
        checkVersion(key, seen, `The key ${key.name}`, id);
        // The version in the condition decides between two changes that both read the same one.
        const { count } = await tx.apiKey.updateMany({
          where: { id, organizationId, revokedAt: null, updatedAt: key.updatedAt },
          data: {
            ...changes,
            ...(scopes && { scopes: [...scopes] }),
            ...(models && { models: [...models] }),
            updatedAt: nextVersion(key),
          },
        });
        if (count === 0) checkVersion(await get(tx, id), seen, `The key ${key.name}`, id);
        return get(tx, id);
      }),

    async revoke(id) {
      if (!isId(id)) throw missing(id);
      await db.apiKey.updateMany({ where: { id, organizationId, revokedAt: null }, data: { revokedAt: new Date() } });
      return get(db, id);
    },
  };
}

/** @returns null for a key that is unknown, revoked or expired, or whose project is archived */
export async function verifyKey(db: Db, hash: Uint8Array): Promise<VerifiedKey | null> {
  const row = await db.apiKey.findUnique({
    where: { hash: new Uint8Array(hash) },
    include: { project: { select: { archivedAt: true } } },
  });
  if (!row || row.revokedAt !== null || row.project.archivedAt !== null) return null;
  if (row.expiresAt !== null && row.expiresAt <= new Date()) return null;
  const { id, organizationId, projectId, name, scopes, models, requestsPerMinute, tokensPerMinute, expiresAt } = row;
  return { id, organizationId, projectId, name, scopes, models, requestsPerMinute, tokensPerMinute, expiresAt };
}

/**
 * Notes when keys were last used; meant to be called now and then for many, not within each request. It is no change of
 * the key: its version stays.
 */
export async function touchKeys(db: Db, ids: readonly string[], at: Date): Promise<void> {
  await db.$executeRaw`
    UPDATE api_key SET last_used_at = ${at}
     WHERE id = ANY(${[...ids]}::uuid[]) AND (last_used_at IS NULL OR last_used_at < ${at})`;
}

function keyInfo({ hash: _, organizationId: __, ...info }: ApiKey): ApiKeyInfo {
  return info;
}
