import { createHash } from "node:crypto";
import type { KeyWatcher } from "@tugboat/db";
import { type Permission, permissionsOfScopes } from "../permissions.ts";

/** What a valid key may do. */
export interface Principal {
  readonly keyId: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly permissions: ReadonlySet<Permission>;
  /** Names of the models it may use; undefined means all. */
  readonly models: ReadonlySet<string> | undefined;
  /** Undefined is without limit. */
  readonly requestsPerMinute: number | undefined;
  readonly tokensPerMinute: number | undefined;
}

export interface KeySource {
  verify(hash: Uint8Array): Promise<{
    readonly id: string;
    readonly organizationId: string;
    readonly projectId: string;
    readonly scopes: readonly string[];
    readonly models: readonly string[];
    readonly requestsPerMinute: number | null;
    readonly tokensPerMinute: number | null;
    readonly expiresAt: Date | null;
  } | null>;
  touch(ids: readonly string[], at: Date): Promise<void>;
  watch(watcher: KeyWatcher): void;
}

interface Known {
  readonly principal: Principal;
  /** Milliseconds since the epoch. */
  readonly staleAt: number;
}

/** While changes can't be heard, a key is asked about this often. */
const deafFreshMs = 1000;
const touchEveryMs = 30_000;
const maxKnown = 10_000;

/**
 * Checks API keys from memory. The database is asked about a key once; it tells of every change of a key, to every
 * process, at once. While it can't tell, because the connection broke, keys are asked about again each second.
 *
 * The memory is found by the key's SHA-256, never by the key: how long a look-up takes says nothing about a secret.
 */
export class KeyVerifier {
  readonly #source: KeySource;
  readonly #known = new Map<string, Known>();
  readonly #used = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #listening = false;
  /** Counts what was heard: an answer of the database from before a change must not be remembered after it. */
  #changes = 0;

  constructor(source: KeySource) {
    this.#source = source;
    this.#timer = setInterval(() => void this.#flush(), touchEveryMs);
    this.#timer.unref();
    source.watch({
      onChange: (hash) => {
        this.#changes++;
        if (hash === "*") this.#known.clear();
        else this.#known.delete(hash);
      },
      onListening: (listening) => {
        this.#changes++;
        this.#listening = listening;
        this.#known.clear();
      },
    });
  }

  /** @returns undefined for a key that is malformed, unknown, revoked or expired */
  verify(secret: string): Principal | undefined | Promise<Principal | undefined> {
    if (!/^tug_[A-Za-z0-9_-]{20,100}$/.test(secret)) return undefined;
    const hash = createHash("sha256").update(secret).digest();
    const id = hash.toString("hex");
    const known = this.#known.get(id);
    if (known !== undefined && known.staleAt > Date.now()) return this.#seen(known.principal);
    return this.#ask(id, hash);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flush();
  }

  async #ask(id: string, hash: Uint8Array): Promise<Principal | undefined> {
    const changes = this.#changes;
    const found = await this.#source.verify(hash);
    if (found === null) {
      this.#known.delete(id);
      return undefined;
    }
    const principal: Principal = {
      keyId: found.id,
      organizationId: found.organizationId,
      projectId: found.projectId,
      permissions: permissionsOfScopes(found.scopes),
      models: found.models.length === 0 ? undefined : new Set(found.models),
      requestsPerMinute: found.requestsPerMinute ?? undefined,
      tokensPerMinute: found.tokensPerMinute ?? undefined,
    };
    if (changes === this.#changes) {
      if (this.#known.size >= maxKnown) this.#known.clear();
      const heard = this.#listening ? Number.POSITIVE_INFINITY : Date.now() + deafFreshMs;
      const staleAt = Math.min(heard, found.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY);
      this.#known.set(id, { principal, staleAt });
    }
    return this.#seen(principal);
  }

  #seen(principal: Principal): Principal {
    this.#used.add(principal.keyId);
    return principal;
  }

  async #flush(): Promise<void> {
    if (this.#used.size === 0) return;
    const ids = [...this.#used];
    this.#used.clear();
    // Only "last used" is lost, and the next use writes it.
    await this.#source.touch(ids, new Date()).catch(() => {});
  }
}
