/** One block of keys and values outside the device: all layers' keys, then all layers' values. */
export interface StoredBlock {
  /** Names the tokens of the block, all those before it, and whose they are. */
  readonly key: string;
  /** Whose it is, as the prefix cache tells scopes apart. */
  readonly scope: string;
  /** Undefined until the step that saves it has run. */
  content: Uint8Array<ArrayBuffer> | undefined;
}

/**
 * Blocks in the host's memory, at most so many bytes of them: what the device's cache had no room for. The one used the
 * longest ago goes first.
 */
export class BlockStore {
  readonly blockBytes: number;
  readonly #most: number;
  /** The least recently used first. */
  readonly #entries = new Map<string, StoredBlock>();

  /** @param limitBytes of all together @param blockBytes of one, in all layers */
  constructor(limitBytes: number, blockBytes: number) {
    this.blockBytes = blockBytes;
    this.#most = Math.floor(limitBytes / blockBytes);
  }

  get size(): number {
    return this.#entries.size;
  }

  get capacity(): number {
    return this.#most;
  }

  /** The block, without using it. */
  peek(key: string): StoredBlock | undefined {
    return this.#entries.get(key);
  }

  /** The block, used now. */
  take(key: string): StoredBlock | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  /** A place for a block whose content is about to come; undefined when there is none for any. */
  add(key: string, scope: string, content?: Uint8Array<ArrayBuffer>): StoredBlock | undefined {
    if (this.#most < 1) return undefined;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size < this.#most) break;
      this.#entries.delete(oldest);
    }
    const entry: StoredBlock = { key, scope, content };
    this.#entries.set(key, entry);
    return entry;
  }
}
