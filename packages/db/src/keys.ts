import { createHash, randomBytes } from "node:crypto";
import { DatabaseError } from "./errors.ts";
import type { ApiKey, PrismaClient } from "./generated/client.ts";
import { isId } from "./id.ts";

const KEY_START = "tug_";
/** Characters of a key that are kept in the clear, for a person to recognise it by. */
const PREFIX_LENGTH = KEY_START.length + 8;

export interface ApiKeyInfo {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

export interface NewApiKey {
  readonly projectId: string;
  readonly name: string;
  /** What it may do; the default is everything. */
  readonly scopes?: readonly string[];
  readonly expiresAt?: Date;
}

/** What a request may do that carries a valid key. */
export interface VerifiedKey {
  readonly id: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresAt: Date | null;
}

export interface ApiKeys {
  /** @returns the key itself, which is told this once and never stored */
  create(key: NewApiKey): Promise<{ secret: string; key: ApiKeyInfo }>;
  list(): Promise<ApiKeyInfo[]>;
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

export function keysOf(prisma: PrismaClient, organizationId: string): ApiKeys {
  return {
    async create({ projectId, name, scopes = ["*"], expiresAt }) {
      const project = isId(projectId) && (await prisma.project.findFirst({ where: { id: projectId, organizationId } }));
      if (!project) throw new DatabaseError("not-found", `There is no project ${projectId}.`);
      const secret = KEY_START + randomBytes(32).toString("base64url");
      const row = await prisma.apiKey.create({
        data: {
          organizationId,
          projectId,
          name,
          prefix: secret.slice(0, PREFIX_LENGTH),
          hash: hashKey(secret),
          scopes: [...scopes],
          expiresAt: expiresAt ?? null,
        },
      });
      return { secret, key: keyInfo(row) };
    },

    async list() {
      const rows = await prisma.apiKey.findMany({ where: { organizationId }, orderBy: { id: "asc" } });
      return rows.map(keyInfo);
    },

    async revoke(id) {
      if (!isId(id)) throw new DatabaseError("not-found", `There is no key ${id}.`);
      await prisma.apiKey.updateMany({
        where: { id, organizationId, revokedAt: null },
        data: { revokedAt: new Date() },
      });
      const row = await prisma.apiKey.findFirst({ where: { id, organizationId } });
      if (!row) throw new DatabaseError("not-found", `There is no key ${id}.`);
      return keyInfo(row);
    },
  };
}

/** @returns null for a key that is unknown, revoked or expired */
export async function verifyKey(prisma: PrismaClient, hash: Uint8Array): Promise<VerifiedKey | null> {
  const row = await prisma.apiKey.findUnique({ where: { hash: new Uint8Array(hash) } });
  if (!row || row.revokedAt !== null || (row.expiresAt !== null && row.expiresAt <= new Date())) return null;
  const { id, organizationId, projectId, name, scopes, expiresAt } = row;
  return { id, organizationId, projectId, name, scopes, expiresAt };
}

/** Notes when keys were last used; meant to be called now and then for many, not within each request. */
export async function touchKeys(prisma: PrismaClient, ids: readonly string[], at: Date): Promise<void> {
  await prisma.apiKey.updateMany({
    where: { id: { in: [...ids] }, OR: [{ lastUsedAt: null }, { lastUsedAt: { lt: at } }] },
    data: { lastUsedAt: at },
  });
}

function keyInfo({ hash: _, organizationId: __, ...info }: ApiKey): ApiKeyInfo {
  return info;
}
