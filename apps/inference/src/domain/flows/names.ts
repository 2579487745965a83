import type { OrganizationScope } from "@tugboat/db";
import { storedDocument } from "../tasks/document.ts";
import type { KnownNames } from "./check.ts";

/**
 * What an organization's flows may name now.
 * @param shared models of the installation that every organization may use
 */
export async function knownNames(
  scope: Pick<OrganizationScope, "tasks" | "models" | "aliases" | "upstreams" | "prompts" | "documentCollections">,
  shared: readonly string[] = [],
): Promise<KnownNames> {
  const [tasks, models, aliases, upstreams, prompts, collections] = await Promise.all([
    scope.tasks.list(),
    scope.models.list(),
    scope.aliases.list(),
    scope.upstreams.list(),
    scope.prompts.list(),
    scope.documentCollections.list(),
  ]);
  const declared = await Promise.all(
    tasks.map(async ({ id, name, version }) => {
      const { document } = await scope.tasks.version(id, version);
      const parsed = storedDocument.safeParse(document);
      return parsed.success && "input" in parsed.data ? ([[name, parsed.data]] as const) : [];
    }),
  );
  const elsewhere = upstreams.flatMap(({ extraModels, models: listed, name }) =>
    [...listed, ...extraModels].map((model) => `${name}/${model}`),
  );
  return {
    tasks: new Map(declared.flat()),
    models: new Set([...models, ...aliases].map(({ name }) => name).concat(shared, elsewhere)),
    prompts: new Set(prompts.map(({ name }) => name)),
    collections: new Set(collections.map(({ name }) => name)),
  };
}
