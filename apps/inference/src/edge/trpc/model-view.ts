import type { CatalogModel, NewModel, OrganizationScope } from "@tugboat/db";
import { z } from "zod";
import { addModel } from "../../domain/models/add.ts";
import { CatalogError } from "../../domain/models/errors.ts";
import { type MemoryFit, memoryFit } from "../../domain/models/memory.ts";
import { enqueueMeasurement } from "../../jobs/kinds/models-measure.ts";
import type { Context } from "./context.ts";
import { memoryFacts } from "./model-shapes.ts";
import { id, moment, sent } from "./shapes.ts";

export const deploymentState = z.enum(["idle", "loading", "ready", "restarting", "failed", "closed"]);

export const modelName = z.string().trim().min(1, "A name is needed.").max(128, "A name has at most 128 characters.");

export const modelView = z.object({
  id,
  /** What requests call it. */
  name: z.string(),
  architecture: z.string(),
  parameters: z.number(),
  /** In tokens. */
  contextLength: z.int(),
  quantisation: z.string(),
  /** An adapter: the model that it changes and that serves it. */
  base: z.string().nullable(),
  licence: z.string().nullable(),
  bytes: z.number(),
  addedAt: moment,
  updatedAt: moment,
  isDefault: z.boolean(),
  state: deploymentState,
  /** The file or folder on the service's machine; null for a shared model, whose owner alone is told. */
  sourcePath: z.string().nullable(),
  /** Whether every organization of this installation may use it. */
  shared: z.boolean(),
  /** Whether it is this organization's; a shared one of another can be used, but neither changed nor removed. */
  own: z.boolean(),
  /** Whether this organization may share it with every other of the installation. */
  shareable: z.boolean(),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string().nullable() })),
  /** What it was measured to do here, in tokens per second. */
  speeds: z.array(
    z.object({
      device: z.string(),
      decodeTokensPerSecond: z.number(),
      prefillTokensPerSecond: z.number(),
      measuredAt: moment,
    }),
  ),
  /** What it needs on this machine; null when its files can't be read. */
  memory: memoryFacts.nullable(),
});

type View = z.output<typeof modelView>;

/** How an organization's models are shown. */
export async function describer({
  management,
  organizationId,
}: Pick<Context, "management"> & { organizationId: string }): Promise<(model: CatalogModel) => Promise<View>> {
  const { catalog, database, deployments, machine, reader } = management;
  const first = organizationId === database.home.organizationId;
  const states = new Map(deployments.statuses().map((status) => [status.model, status.state]));
  const defaultName = await catalog.defaultName();
  const here = machine();
  const memoryOf = async (path: string): Promise<MemoryFit | null> => {
    try {
      return memoryFit(await reader.memory(path, here.device), here);
    } catch (error) {
      // The files may have been moved: the model is listed nevertheless, so that it can be removed.
      if (error instanceof CatalogError) return null;
      throw error;
    }
  };
  const pathOf = async (model: CatalogModel) => {
    if (model.base === null) return model.sourcePath;
    const scope = database.organization(organizationId);
    return modelPath(scope, model).catch(() => model.sourcePath);
  };
  return async ({ files, speeds, ...row }) => ({
    ...sent(row),
    files: files.map((file) => ({ ...file })),
    speeds: speeds.map(sent),
    shareable: first && row.own,
    sourcePath: row.own ? row.sourcePath : null,
    isDefault: (first || row.shared) && row.name === defaultName,
    state: states.get(await catalog.servedBy(organizationId, row)) ?? "idle",
    memory: await memoryOf(await pathOf({ ...row, files, speeds })),
  });
}

/**
 * A model that the organization may change.
 * @throws CatalogError `not-found`, `not-own`
 */
export async function ownModel(scope: Pick<OrganizationScope, "models">, name: string): Promise<CatalogModel> {
  const found = await scope.models.get(name);
  if (found === null) throw missingModel(name);
  if (found.own) return found;
  throw new CatalogError("not-own", `${name} belongs to this installation, which shares it with every organization.`, {
    hint: "Those who look after the installation measure, check and remove it.",
  });
}

/** The file or folder that an entry's tokenizer and architecture are read from: an adapter's are its model's. */
export async function modelPath(
  { models }: Pick<OrganizationScope, "models">,
  { base, sourcePath }: Pick<CatalogModel, "base" | "sourcePath">,
): Promise<string> {
  if (base === null) return sourcePath;
  const found = await models.get(base);
  if (found === null) throw missingModel(base);
  return found.sourcePath;
}

export function missingModel(name: string): CatalogError {
  return new CatalogError("not-found", `There is no model ${name}.`);
}

/**
 * Puts a model into the catalog and has it measured once the machine is quiet.
 * @throws CatalogError `exists`
 */
export async function addAndMeasure(actor: string, scope: OrganizationScope, prepared: NewModel) {
  const added = await addModel(scope, prepared);
  await enqueueMeasurement(scope, added.result.name, { createdBy: actor, asked: false });
  return added;
}
