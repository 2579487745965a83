import type { AliasInfo, AliasTarget, Database, ModelLife, SealedSecret, UpstreamInfo, Watcher } from "@tugboat/db";
import { targetKey } from "@tugboat/db";
import type { Vault } from "../domain/secrets/vault.ts";
import { secretContext } from "../domain/upstreams/secret.ts";
import { pick } from "./split.ts";
import type { Route, Target, UpstreamEntry } from "./target.ts";

export interface RouteRows {
  readonly lives: readonly ModelLife[];
  readonly aliases: readonly AliasInfo[];
  readonly upstreams: readonly { readonly info: UpstreamInfo; readonly secret: SealedSecret | null }[];
}

export interface RouteSource {
  load(organizationId: string): Promise<RouteRows>;
  watch(watcher: Watcher): void;
}

/** An organization's names, as requests need them. */
export interface Directory {
  readonly aliases: ReadonlyMap<string, AliasInfo>;
  /** By name. */
  readonly upstreams: ReadonlyMap<string, UpstreamEntry>;
  readonly upstreamsById: ReadonlyMap<string, UpstreamEntry>;
  /** By the name of a model; what is not there is active. */
  readonly lives: ReadonlyMap<string, ModelLife>;
}

interface Known {
  readonly directory: Promise<Directory>;
  /** The same once it is there. */
  ready?: Directory;
  /** Milliseconds since the epoch. */
  readonly staleAt: number;
}

/** While changes can't be heard, an organization's names are read this often. */
const deafFreshMs = 1000;
const maxKnown = 1000;

/**
 * Where the names of every organization lead, from memory. The database tells of each change, to every process, at once;
 * while it can't tell, because the connection broke, names are read again each second.
 */
export class Routes {
  readonly #source: RouteSource;
  readonly #vault: Vault;
  readonly #known = new Map<string, Known>();
  #listening = false;

  /** @param onChange told of each organization of which something changed, `*` for all */
  constructor(source: RouteSource, vault: Vault, onChange: (organizationId: string) => void = () => {}) {
    this.#source = source;
    this.#vault = vault;
    source.watch({
      onChange: (id) => {
        this.#forget(id);
        onChange(id);
      },
      onListening: (listening) => {
        this.#listening = listening;
        this.#forget("*");
        onChange("*");
      },
    });
  }

  /** Whether each change is heard: what is remembered can be relied on. */
  get listening(): boolean {
    return this.#listening;
  }

  /** Given at once when it is known. */
  directory(organizationId: string): Directory | Promise<Directory> {
    const known = this.#known.get(organizationId);
    if (known !== undefined && known.staleAt > Date.now()) return known.ready ?? known.directory;
    return this.#read(organizationId);
  }

  /**
   * @param affinity requests with the same one are answered by the same target of a split
   * @returns undefined for a name that is neither an alias's nor an upstream's: it may be a model's
   */
  async resolve(organizationId: string, name: string, affinity: string): Promise<Route | undefined> {
    return resolveIn(await this.directory(organizationId), name, affinity);
  }

  #forget(organizationId: string): void {
    if (organizationId === "*") this.#known.clear();
    else this.#known.delete(organizationId);
  }

  #read(organizationId: string): Promise<Directory> {
    const directory = this.#source.load(organizationId).then((rows) => directoryOf(rows, this.#vault));
    const known: Known = {
      directory,
      staleAt: this.#listening ? Number.POSITIVE_INFINITY : Date.now() + deafFreshMs,
    };
    if (this.#known.size >= maxKnown) this.#known.clear();
    // A change that is heard while it is read takes it away again: who waits for it has it, nobody later does.
    this.#known.set(organizationId, known);
    directory.then(
      (ready) => {
        known.ready = ready;
      },
      () => {
        if (this.#known.get(organizationId) === known) this.#known.delete(organizationId);
      },
    );
    return directory;
  }
}

export function routeSource(database: Database): RouteSource {
  return {
    async load(organizationId) {
      const { aliases, modelLives, upstreams } = database.organization(organizationId);
      const [names, infos, lives] = await Promise.all([aliases.list(), upstreams.list(), modelLives.list()]);
      const secrets = await Promise.all(infos.map(({ id }) => upstreams.secret(id)));
      return { lives, aliases: names, upstreams: infos.map((info, i) => ({ info, secret: secrets[i] ?? null })) };
    },
    watch: (watcher) => database.watchRoutes(watcher),
  };
}

function directoryOf({ aliases, lives, upstreams }: RouteRows, vault: Vault): Directory {
  const entries = upstreams.map(({ info, secret }) => upstreamEntry(info, secret, vault));
  return {
    aliases: new Map(aliases.map((alias) => [alias.name, alias])),
    upstreams: new Map(entries.map((entry) => [entry.name, entry])),
    upstreamsById: new Map(entries.map((entry) => [entry.id, entry])),
    lives: new Map(lives.map((life) => [life.name, life])),
  };
}

export function upstreamEntry(info: UpstreamInfo, sealed: SealedSecret | null, vault: Vault): UpstreamEntry {
  const { extraModels, models, hasSecret: _, testMessage: __, testOk: ___, testedAt: ____, ...entry } = info;
  let secret: string | undefined;
  let problem: string | undefined;
  try {
    secret = sealed === null ? undefined : vault.open(sealed, secretContext(info.id));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const hint = "hint" in error && typeof error.hint === "string" ? ` ${error.hint}` : "";
    problem = `The secret of the upstream ${info.name} can't be read. ${error.message}${hint}`;
  }
  return { ...entry, secret, problem, models: new Set([...models, ...extraModels]) };
}

export function resolveIn(directory: Directory, name: string, affinity: string): Route | undefined {
  const alias = directory.aliases.get(name);
  if (alias === undefined) {
    const slash = name.indexOf("/");
    const upstream = slash < 0 ? undefined : directory.upstreams.get(name.slice(0, slash));
    const model = name.slice(slash + 1);
    if (!upstream?.enabled || !upstream.models.has(model)) return undefined;
    return { requested: name, targets: [{ kind: "upstream", upstream, model }] };
  }
  const { failover, number, split } = alias.current;
  const ref = {
    id: alias.id,
    name,
    version: number,
    ...(alias.semanticError !== null && { semanticError: alias.semanticError }),
  };
  const chosen = pick(
    split.map(({ share, target }) => ({ share, target, key: `${alias.id}\0${targetKey(target)}` })),
    affinity,
  );
  const order = new Map([...(chosen ? [chosen] : []), ...failover].map((target) => [targetKey(target), target]));
  const targets = [...order.values()].map((target) => find(directory, target)).filter((found) => found !== undefined);
  return { requested: name, alias: ref, targets };
}

function find(directory: Directory, target: AliasTarget): Target | undefined {
  if (target.kind === "model") return target;
  const upstream = directory.upstreamsById.get(target.upstreamId);
  return upstream && { kind: "upstream", upstream, model: target.model };
}
