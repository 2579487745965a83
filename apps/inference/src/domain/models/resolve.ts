import { existsSync } from "node:fs";
import { join } from "node:path";
import type { OrganizationScope } from "@tugboat/db";
import { bundledFile, bundledFolder, bundledNames } from "./bundled.ts";
import { CatalogError } from "./errors.ts";

/**
 * The file or folder that a person means by a model: a path, a bundled model, or a name in the catalog. The database is
 * opened only for the last.
 * @throws CatalogError `not-found`
 */
export async function resolveModel(
  wanted: string,
  readCatalog: <T>(read: (scope: OrganizationScope) => Promise<T>) => Promise<T>,
): Promise<string> {
  if (/[\\/]/.test(wanted) || wanted.endsWith(".gguf")) {
    if (existsSync(wanted)) return wanted;
    throw new CatalogError("not-found", `There is no file or folder ${wanted}.`, {
      hint: "Give the path of a GGUF file or of a Hugging Face folder, or a name from `tug models list`.",
    });
  }
  if (/^[\w.-]+$/.test(wanted) && !wanted.startsWith(".")) {
    const bundled = await bundledFile(join(bundledFolder, wanted));
    if (bundled !== undefined) return bundled;
  }
  const { found, names } = await readCatalog(async ({ models }) => ({
    found: await models.get(wanted),
    names: (await models.list()).map(({ name }) => name),
  }));
  if (found !== null && found.base !== null) {
    throw new CatalogError("bad-source", `${wanted} is an adapter of ${found.base}, which the service serves.`, {
      hint: `Ask the service for it, or name ${found.base}.`,
    });
  }
  if (found !== null) return found.sourcePath;
  if (existsSync(wanted)) return wanted;
  const known = [...new Set([...names, ...(await bundledNames())])].sort();
  throw new CatalogError("not-found", `There is no model ${wanted}.`, {
    hint: known.length > 0 ? `There are: ${known.join(", ")}. Or give a path.` : "`tug models add` adds one.",
  });
}
