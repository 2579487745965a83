import type { DeploymentSettings } from "@tugboat/db";
import { parseWorkerName, workerName } from "./worker-name.ts";

/** A model, or an adapter of one, that can be served. */
export interface CatalogEntry {
  readonly name: string;
  /** A model file or folder. */
  readonly sourcePath: string;
  readonly architecture: string;
  readonly parameters: number;
  /** In tokens. */
  readonly contextLength: number;
  readonly quantisation: string;
  readonly licence: string | null;
  readonly bytes: number;
  readonly addedAt: Date;
  /** Whether it is this organization's; else the installation shares it. */
  readonly own: boolean;
  /** An adapter: the model that it changes, which serves it. */
  readonly base?: string | null;
  /** How it is to be served; absent: as this machine's defaults say. */
  readonly deployment?: DeploymentSettings;
}

/** A model as a worker serves it: with the smaller one that guesses for it, if there is one. */
export interface ServedEntry extends CatalogEntry {
  readonly draft?: DraftEntry;
}

/** A model that guesses for another. */
export type DraftEntry = Pick<CatalogEntry, "name" | "sourcePath" | "bytes">;

/** One organization's models and those that are shared with it. */
export interface CatalogSource {
  list(): Promise<readonly CatalogEntry[]>;
}

/** What one organization's requests may name. */
export interface OrganizationModels {
  list(): Promise<CatalogEntry[]>;
  get(name: string): Promise<CatalogEntry | undefined>;
}

type Models = ReadonlyMap<string, CatalogEntry>;

/** While changes aren't told, another process's (`tug models add`) is seen after at most this. */
const freshMs = 1000;
/** Organizations whose models are kept at hand. */
const mostKept = 1000;

/**
 * The models of every organization, as its requests see them: read when told of a change, and while nothing is told at most
 * once a second.
 */
export class Catalog {
  /** The first organization: it looks after what is shared. */
  readonly organizationId: string;
  readonly #sourceOf: (organizationId: string) => CatalogSource;
  readonly #wantedDefault: string;
  readonly #told: () => boolean;
  readonly #read = new Map<string, { readonly models: Promise<Models>; readonly at: number }>();

  /** @param told whether `refresh` is called at each change, whoever made it */
  constructor(
    sourceOf: (organizationId: string) => CatalogSource,
    wantedDefault: string,
    organizationId: string,
    told: () => boolean = () => false,
  ) {
    this.organizationId = organizationId;
    this.#sourceOf = sourceOf;
    this.#wantedDefault = wantedDefault;
    this.#told = told;
  }

  /** The models of an organization and those that are shared with it; for nobody, none. */
  of(organizationId: string | undefined): OrganizationModels {
    if (organizationId === undefined) return nothing;
    return {
      list: async () => [...(await this.#models(organizationId)).values()],
      get: async (name) => (await this.#models(organizationId)).get(name),
    };
  }

  /** What the pool must know of a worker's model, which is named as `workerName` has it. */
  async find(worker: string): Promise<ServedEntry | undefined> {
    const { model, organizationId = this.organizationId } = parseWorkerName(worker);
    const models = await this.#models(organizationId);
    const found = models.get(model);
    if (found === undefined || !found.own) return undefined;
    if (typeof found.base !== "string") return { ...found, name: worker, ...draftOf(found, models) };
    const base = models.get(found.base);
    return base && { ...found, name: worker, base: this.workerOf(organizationId, base) };
  }

  /** What a model of an organization, or one that is shared with it, is called among the workers. */
  workerOf(organizationId: string | undefined, { name, own }: Pick<CatalogEntry, "name" | "own">): string {
    return workerName(name, own && organizationId !== this.organizationId ? organizationId : undefined);
  }

  /** The worker that answers for it: an adapter's is its model's. */
  async servedBy(
    organizationId: string | undefined,
    entry: Pick<CatalogEntry, "base" | "name" | "own">,
  ): Promise<string> {
    const base = typeof entry.base === "string" ? await this.of(organizationId).get(entry.base) : undefined;
    return this.workerOf(organizationId, base ?? entry);
  }

  /** The model that is loaded at start: the one that was asked for, else the first. */
  async defaultName(): Promise<string | undefined> {
    const models = await this.#models(this.organizationId);
    if (models.has(this.#wantedDefault)) return this.#wantedDefault;
    return [...models.values()].find(({ base }) => (base ?? null) === null)?.name;
  }

  /**
   * Makes the next question read the database.
   * @param organizationId whose models changed; the first one's may be everybody's
   */
  refresh(organizationId = this.organizationId): void {
    if (organizationId === this.organizationId || organizationId === "*") this.#read.clear();
    else this.#read.delete(organizationId);
  }

  #models(organizationId: string): Promise<Models> {
    const known = this.#read.get(organizationId);
    if (known && (this.#told() || performance.now() - known.at <= freshMs)) return known.models;
    const models = this.#sourceOf(organizationId)
      .list()
      .then((entries) => new Map(entries.map((entry) => [entry.name, entry])));
    const read = { models, at: performance.now() };
    this.#read.delete(organizationId);
    this.#read.set(organizationId, read);
    for (const oldest of this.#read.keys()) {
      if (this.#read.size <= mostKept) break;
      this.#read.delete(oldest);
    }
    models.catch(() => {
      if (this.#read.get(organizationId) === read) this.#read.delete(organizationId);
    });
    return models;
  }
}

/** A draft model that is gone is missed by nobody: what it guesses for is served without it. */
function draftOf({ deployment }: CatalogEntry, models: Models): { readonly draft?: DraftEntry } {
  const entry = models.get(deployment?.draft ?? "");
  if (entry === undefined || typeof entry.base === "string") return {};
  const { bytes, name, sourcePath } = entry;
  return { draft: { bytes, name, sourcePath } };
}

const nothing: OrganizationModels = { list: async () => [], get: async () => undefined };
