import type { OrganizationScope } from "@tugboat/db";
import type { CatalogSource } from "../models/catalog.ts";

/** An organization's models, each with how it is to be served. */
export function servedModels({
  deployments,
  models,
}: Pick<OrganizationScope, "deployments" | "models">): CatalogSource {
  return {
    async list() {
      const [entries, settings] = await Promise.all([models.list(), deployments.list()]);
      const byName = new Map(settings.map(({ model, updatedAt: _, ...deployment }) => [model, deployment]));
      return entries.map((entry) => {
        const deployment = byName.get(entry.name);
        return deployment === undefined ? entry : { ...entry, deployment };
      });
    },
  };
}
