import type { Catalog } from "../domain/models/catalog.ts";
import { type Permission, permissionTable } from "../domain/permissions.ts";
import { ServingError } from "../workers/errors.ts";
import { ApiError } from "./errors.ts";
import type { Caller } from "./trpc/context.ts";

/** @throws ApiError 403 in OpenAI's form */
export function checkPermission(caller: Caller, permission: Permission): void {
  if (caller.permissions.has(permission)) return;
  const { what } = permissionTable[permission];
  const who = caller.kind === "key" ? "This API key" : "Your role";
  const message = `${who} may not ${what}: it lacks the permission \`${permission}\`.`;
  throw new ApiError(403, "invalid_request_error", "insufficient_permissions", message);
}

/** Whether somebody may know of a model: it is their organization's, and their key is not confined to others. */
export function mayUse(caller: Caller | undefined, catalog: Pick<Catalog, "organizationId">, model: string): boolean {
  if (caller === undefined) return false;
  if (caller.kind === "member") return caller.organization?.id === catalog.organizationId;
  return caller.organizationId === catalog.organizationId && (caller.models?.has(model) ?? true);
}

/** @throws ServingError `unknown-model` */
export function checkMayUse(caller: Caller | undefined, catalog: Pick<Catalog, "organizationId">, model: string): void {
  if (mayUse(caller, catalog, model)) return;
  throw new ServingError("unknown-model", `The model \`${model}\` does not exist or you do not have access to it.`);
}
