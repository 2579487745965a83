import { createHash, timingSafeEqual } from "node:crypto";

/** What a valid key may do. */
export interface Principal {
  readonly keyId: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly scopes: readonly string[];
}

export interface KeySource {
  verify(hash: Uint8Array): Promise<{
    readonly id: string;
    readonly organizationId: string;
    readonly projectId: string;
    readonly scopes: readonly string[];
    readonly expiresAt: Date | null;
  } | null>;
  touch(ids: readonly string[], at: Date): Promise<void>;
}

interface Known {
  readonly hash: Buffer;
  readonly principal: Principal;
  readonly staleAt: number;
}

/** A revoked key works for at most this long in other processes. */
const freshMs = 2000;
const touchEveryMs = 30_000;
const maxKnown = 10_000;

/** Checks API keys, and asks the database about each one at most every two seconds. */
export class KeyVerifier {
  readonly #source: KeySource;
  readonly #known = new Map<string, Known>();
  readonly #used = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  constructor(source: KeySource) {
    this.#source = source;
    this.#timer = setInterval(() => void this.#flush(), touchEveryMs);
    this.#timer.unref();
  }

  /** @returns undefined for a key that is malformed, unknown, revoked or expired */
  async verify(secret: string): Promise<Principal | undefined> {
    if (!/^tug_[A-Za-z0-9_-]{20,100}$/.test(secret)) return undefined;
    const hash = createHash("sha256").update(secret).digest();
    const id = hash.toString("base64");
    const known = this.#known.get(id);
    if (known !== undefined && known.staleAt > Date.now() && timingSafeEqual(known.hash, hash)) {
      return this.#seen(known.principal);
    }
    const found = await this.#source.verify(hash);
    if (found === null) {
      this.#known.delete(id);
      return undefined;
    }
    if (this.#known.size >= maxKnown) this.#known.clear();
    const { organizationId, projectId, scopes, expiresAt } = found;
    const principal = { keyId: found.id, organizationId, projectId, scopes };
    const staleAt = Math.min(Date.now() + freshMs, expiresAt?.getTime() ?? Number.POSITIVE_INFINITY);
    this.#known.set(id, { hash, principal, staleAt });
    return this.#seen(principal);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flush();
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
