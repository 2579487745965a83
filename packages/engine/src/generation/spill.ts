import type { BlockArchive } from "../kv/block-archive.ts";
import type { BlockStore, StoredBlock } from "../kv/block-store.ts";
import type { PrefixCache } from "../kv/prefix-cache.ts";
import type { BlockMover } from "./block-mover.ts";

/** Blocks written between two looks at whether there is work. */
const AT_ONCE = 4;

/** Names remembered of what is kept; then they are forgotten, and what is still there is written again. */
const MOST_NAMES = 50_000;

/** Keeps the prefix cache for later engines, while there is nothing else to do. */
export class Spill {
  readonly #archive: BlockArchive;
  readonly #prefixes: PrefixCache;
  readonly #store: BlockStore;
  readonly #mover: BlockMover;
  readonly #kept: Set<string>;

  private constructor(
    archive: BlockArchive,
    prefixes: PrefixCache,
    store: BlockStore,
    mover: BlockMover,
    kept: Set<string>,
  ) {
    this.#archive = archive;
    this.#prefixes = prefixes;
    this.#store = store;
    this.#mover = mover;
    this.#kept = kept;
  }

  /** Fills the store with what the archive has, as far as it goes. */
  static async open(
    archive: BlockArchive,
    fingerprint: string,
    prefixes: PrefixCache,
    store: BlockStore,
    mover: BlockMover,
  ): Promise<Spill> {
    const kept = new Set<string>();
    const found: StoredBlock[] = [];
    for await (const block of archive.open(fingerprint, store.blockBytes)) {
      kept.add(block.key);
      if (found.length < store.capacity) found.push(block);
      else break;
    }
    // The last used are the last to go.
    for (const { content, key, scope } of found.reverse()) store.add(key, scope, content);
    return new Spill(archive, prefixes, store, mover, kept);
  }

  /** Writes a few blocks that are not kept yet. @returns whether there may be more. */
  async some(): Promise<boolean> {
    const nodes = this.#prefixes.remembered().filter(({ key }) => !this.#kept.has(key));
    for (const { block, depth, key, tag } of nodes.slice(0, AT_ONCE)) {
      const content = this.#store.peek(key)?.content ?? (await this.#mover.read(block));
      if (!(await this.#keep(key, tag, content, depth))) return false;
    }
    return nodes.length > AT_ONCE;
  }

  /** Writes all that is not kept yet, for at most so long. */
  async all(ms: number): Promise<void> {
    const until = performance.now() + ms;
    while (performance.now() < until && (await this.some()));
  }

  async #keep(key: string, scope: string, content: Uint8Array<ArrayBuffer>, depth: number): Promise<boolean> {
    // Once: what can't be written now can't a moment later.
    if (this.#kept.size >= MOST_NAMES) this.#kept.clear();
    this.#kept.add(key);
    return this.#archive.write({ key, scope, content, depth });
  }
}
