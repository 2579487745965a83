import type { Catalog, CatalogEntry } from "../domain/models/catalog.ts";
import { type Permission, permissionTable } from "../domain/permissions.ts";
import type { Route } from "../routing/target.ts";
import { ServingError } from "../workers/errors.ts";
import { ApiError } from "./errors.ts";
import type { ModelCaller } from "./trpc/context.ts";

/** @throws ApiError 403 in OpenAI's form */
export function checkPermission(caller: ModelCaller, permission: Permission): void {
  if (caller.permissions.has(permission)) return;
  const { what } = permissionTable[permission];
  const who = caller.kind === "key" ? "This API key" : "Your role";
  const message = `${who} may not ${what}: it lacks the permission \`${permission}\`.`;
  throw new ApiError(403, "invalid_request_error", "insufficient_permissions", message);
}

/**
 * Whether somebody may know of a model: it is their organization's or shared by the installation, and their key is not
 * confined to others.
 */
export function mayUse(
  caller: ModelCaller | undefined,
  catalog: Pick<Catalog, "organizationId">,
  model: Pick<CatalogEntry, "name" | "shared">,
): boolean {
  const organizationId = organizationOf(caller);
  if (caller === undefined || organizationId === undefined) return false;
  if (organizationId !== catalog.organizationId && !model.shared) return false;
  return caller.kind === "member" || (caller.models?.has(model.name) ?? true);
}

/** @throws ServingError `unknown-model` */
export async function checkMayUse(
  caller: ModelCaller | undefined,
  catalog: Pick<Catalog, "organizationId" | "get">,
  model: string,
): Promise<void> {
  const known = await catalog.get(model);
  if (mayUse(caller, catalog, { name: model, shared: known?.shared ?? false })) return;
  throw new ServingError("unknown-model", `The model \`${model}\` does not exist or you do not have access to it.`);
}

export function organizationOf(caller: ModelCaller | undefined): string | undefined {
  return caller?.kind === "member" ? caller.organization?.id : caller?.organizationId;
}

/**
 * Whether a key that is confined to some names may use an alias or an upstream's model: it is named, or the whole
 * upstream is. Routes are resolved within the caller's organization, so that nobody gets another's.
 */
export function mayUseRoute(caller: ModelCaller, { alias, requested, targets }: Route): boolean {
  if (caller.kind === "member" || caller.models === undefined || caller.models.has(requested)) return true;
  const [target] = targets;
  return alias === undefined && target?.kind === "upstream" && caller.models.has(target.upstream.name);
}
