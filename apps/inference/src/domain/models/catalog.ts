import type { DeploymentSettings } from "@tugboat/db";

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
  /** Whether every organization of the installation may use it. */
  readonly shared: boolean;
  /** An adapter: the model that it changes, which serves it. */
  readonly base?: string | null;
  /** How it is to be served; absent: as this machine's defaults say. */
  readonly deployment?: DeploymentSettings;
}

export interface CatalogSource {
  list(): Promise<readonly CatalogEntry[]>;
}

/** While changes aren't told, another process's (`tug models add`) is seen after at most this. */
const freshMs = 1000;

/** The models, as requests see them: read when told of a change, and while nothing is told at most once a second. */
export class Catalog {
  /** Whose models these are. */
  readonly organizationId: string;
  readonly #source: CatalogSource;
  readonly #wantedDefault: string;
  readonly #told: () => boolean;
  #models: Promise<ReadonlyMap<string, CatalogEntry>> | undefined;
  #readAt = 0;

  /** @param told whether `refresh` is called at each change, whoever made it */
  constructor(source: CatalogSource, wantedDefault: string, organizationId: string, told: () => boolean = () => false) {
    this.organizationId = organizationId;
    this.#source = source;
    this.#wantedDefault = wantedDefault;
    this.#told = told;
  }

  /** By name. */
  async list(): Promise<CatalogEntry[]> {
    return [...(await this.#read()).values()];
  }

  async get(name: string): Promise<CatalogEntry | undefined> {
    return (await this.#read()).get(name);
  }

  /** Whether an organization's requests may lead to a model: its own, or a shared one. */
  async serves(organizationId: string, { model }: { readonly model: string }): Promise<boolean> {
    return organizationId === this.organizationId || (await this.get(model))?.shared === true;
  }

  /** The model that is loaded at start: the one that was asked for, else the first. */
  async defaultName(): Promise<string | undefined> {
    const models = await this.#read();
    if (models.has(this.#wantedDefault)) return this.#wantedDefault;
    return [...models.values()].find(({ base }) => (base ?? null) === null)?.name;
  }

  /** Makes the next question read the database. */
  refresh(): void {
    this.#models = undefined;
  }

  #read(): Promise<ReadonlyMap<string, CatalogEntry>> {
    if (this.#models === undefined || (!this.#told() && performance.now() - this.#readAt > freshMs)) {
      this.#readAt = performance.now();
      const read = this.#source.list().then((models) => new Map(models.map((model) => [model.name, model])));
      this.#models = read;
      read.catch(() => {
        if (this.#models === read) this.#models = undefined;
      });
    }
    return this.#models;
  }
}
