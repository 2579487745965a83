import { type AuditLog, auditOf } from "./audit.ts";
import type { PrismaClient } from "./generated/client.ts";
import { type ApiKeys, keysOf } from "./keys.ts";
import { type Models, modelsOf } from "./models.ts";
import { type Settings, settingsOf } from "./settings.ts";

/**
 * Everything that belongs to one organization. Each query made through it carries the organization's id, so a caller
 * can't name another's rows: it doesn't find them.
 */
export interface OrganizationScope {
  readonly id: string;
  readonly keys: ApiKeys;
  readonly models: Models;
  readonly settings: Settings;
  readonly audit: AuditLog;
}

export function organizationScope(prisma: PrismaClient, id: string): OrganizationScope {
  return {
    id,
    keys: keysOf(prisma, id),
    models: modelsOf(prisma, id),
    settings: settingsOf(prisma, id),
    audit: auditOf(prisma, id),
  };
}

export interface Home {
  readonly organizationId: string;
  readonly projectId: string;
}

/** The organization and project that a fresh database starts with; made on the first call, found afterwards. */
export async function ensureHome(prisma: PrismaClient): Promise<Home> {
  const organization = await prisma.organization.upsert({
    where: { slug: "home" },
    create: { name: "Home", slug: "home" },
    update: {},
  });
  const project = await prisma.project.upsert({
    where: { organizationId_slug: { organizationId: organization.id, slug: "default" } },
    create: { organizationId: organization.id, name: "Default", slug: "default" },
    update: {},
  });
  return { organizationId: organization.id, projectId: project.id };
}
