import type { CatalogModel } from "@tugboat/db";

/** What the audit log keeps of a model. */
export function recordedModel({ architecture, base, bytes, name, parameters, quantisation, sourcePath }: CatalogModel) {
  return { name, architecture, parameters, quantisation, bytes, sourcePath, ...(base !== null && { base }) };
}
