export type { AuditEntry, AuditLog, AuditRecord } from "./audit.ts";
export { DatabaseError, type DatabaseErrorCode } from "./errors.ts";
export { type ApiKeyInfo, type ApiKeys, hashKey, type NewApiKey, type VerifiedKey } from "./keys.ts";
export type { CatalogModel, ModelFile, ModelSpeed, Models, NewModel } from "./models.ts";
export { type Database, type OpenOptions, openDatabase } from "./open.ts";
export type { Home, OrganizationScope } from "./organization.ts";
export type { Settings, SettingValue } from "./settings.ts";
