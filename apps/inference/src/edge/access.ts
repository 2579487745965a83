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

/** Whether a key that may be confined to some names may use this one. */
export function mayName(caller: ModelCaller | undefined, model: string): boolean {
  if (caller === undefined) return false;
  return caller.kind === "member" || (caller.models?.has(model) ?? true);
}

/** A model that answers a request, and what its worker, or its base's, is called. */
export interface Answerer {
  readonly model: CatalogEntry;
  readonly worker: string;
}

/**
 * The model of a name, of the caller's organization or shared with it.
 * @param how `by-name`: the caller named it, and may be confined to other names; `routed`: a route that it may use led here
 * @throws ServingError `unknown-model`
 */
export async function answererOf(
  caller: ModelCaller | undefined,
  catalog: Catalog,
  name: string,
  how: "by-name" | "routed",
): Promise<Answerer> {
  const organizationId = organizationOf(caller);
  const model = how === "routed" || mayName(caller, name) ? await catalog.of(organizationId).get(name) : undefined;
  if (model === undefined) {
    throw new ServingError("unknown-model", `The model \`${name}\` does not exist or you do not have access to it.`);
  }
  return { model, worker: catalog.workerOf(organizationId, model) };
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
