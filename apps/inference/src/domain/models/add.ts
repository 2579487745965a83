import type { AuditEntry, CatalogModel, NewModel, OrganizationScope } from "@tugboat/db";
import { CatalogError } from "./errors.ts";
import { recordedModel } from "./recorded.ts";

/**
 * Puts a model into the catalog, with what the audit log keeps of it.
 * @throws CatalogError `exists`; DatabaseError `exists` for the name of an alias
 */
export async function addModel(
  scope: Pick<OrganizationScope, "models">,
  prepared: NewModel,
): Promise<Pick<AuditEntry, "subject" | "after"> & { readonly result: CatalogModel }> {
  if ((await scope.models.get(prepared.name)) !== null) {
    throw takenName(prepared.name);
  }
  const result = await scope.models.upsert(prepared);
  return { subject: result.name, after: recordedModel(result), result };
}

export function takenName(name: string): CatalogError {
  return new CatalogError("exists", `There is a model ${name} already.`, {
    hint: "Give the new one another name, or remove the old one first.",
  });
}

export function noHubId(source: string): CatalogError {
  return new CatalogError("bad-source", `"${source.slice(0, 100)}" is no hub id.`, {
    hint: "It is owner/name, owner/name@revision, or owner/name/file.gguf of a repository with several.",
  });
}
