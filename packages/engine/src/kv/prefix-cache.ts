import type { BlockStore } from "./block-store.ts";
import type { BlockTable } from "./block-table.ts";
import { BLOCK_TOKENS, type BlockMove, type BlockPool, blocksFor } from "./blocks.ts";
import { DeclaredPrefixes, type PrefixDeclaration } from "./declared-prefixes.ts";
import { LeastRecent } from "./least-recent.ts";
import { bestPartial, childKey, contentOf, PrefixNode } from "./prefix-node.ts";
import type { SwapCosts } from "./swap-costs.ts";

/** Where blocks go that the device has no room for, and come back from. */
export interface Swap {
  readonly store: BlockStore;
  readonly costs: SwapCosts;
  /** What the device owes, in order. */
  readonly moves: BlockMove[];
}

/** How far a sequence's table and the cache agree: `depth` blocks, the last of them `node`. */
export interface PrefixCursor {
  readonly node: PrefixNode;
  readonly depth: number;
}

/** The tag of what everybody shares. Scopes are prefixed, so none is this one. */
const PUBLIC = "";

/** The scope of requests with an adapter, whose keys and values are others than the model's own. */
export function adapterScope(scope: string, adapter: string): string {
  return `${adapter}\0${scope}`;
}

/** The tag of what everybody shares who uses the same adapter, if any. */
function publicTag(scope: string): string {
  const end = scope.indexOf("\0");
  return end < 0 ? PUBLIC : `adapter ${scope.slice(0, end)}`;
}

/**
 * A radix tree over the blocks of the KV cache (as SGLang's, https://arxiv.org/abs/2312.07104): prompts that begin alike
 * share the blocks of their beginning. Edges carry the scope that computed them, so nothing is found, and no timing tells
 * of it, across scopes; only prefixes declared public are everybody's.
 *
 * The pool counts who holds a block; the tree only keeps blocks that nobody holds any more, until they are needed: the
 * least recently used leaf goes first. Whoever holds a block of the tree holds all above it. With a swap what goes is copied
 * to the host's memory where that is cheaper than computing it again, and found there under the same conditions.
 */
export class PrefixCache {
  readonly #pool: BlockPool;
  readonly #root = new PrefixNode(undefined, PUBLIC, "", -1);
  readonly #nodes = new Map<number, PrefixNode>();
  readonly #leaves = new LeastRecent<PrefixNode>();
  readonly #declared = new DeclaredPrefixes();
  readonly #swap: Swap | undefined;
  #clock = 0;
  #evictions = 0;

  constructor(pool: BlockPool, swap?: Swap) {
    this.#pool = pool;
    this.#swap = swap;
    pool.keeper = { idle: (block) => this.#idle(block), reclaim: () => this.#reclaim() };
  }

  /** Blocks given up so far for others. */
  get evictions(): number {
    return this.#evictions;
  }

  get start(): PrefixCursor {
    return { node: this.#root, depth: 0 };
  }

  /**
   * Declares a beginning of prompts that everybody may share (`scope` undefined) or that stays in the cache once it is
   * computed (`pin`). At most half of the cache is pinned.
   * @returns what takes the declaration back.
   */
  declare(declaration: PrefixDeclaration): () => void {
    const remove = this.#declared.add(declaration);
    this.#repin();
    return () => {
      remove();
      this.#repin();
    };
  }

  /**
   * Fills an empty table with the blocks that hold a beginning of `tokens`. The last block may match in part only: who
   * writes to it copies it first.
   * @param reserve blocks that are to stay free beside those of `tokens` when any come back from the host.
   * @returns the number of tokens found, at most `most`, and where in the tree the full blocks end.
   */
  match(
    scope: string,
    tokens: Int32Array,
    most: number,
    table: BlockTable,
    reserve = 0,
  ): { tokens: number; cursor: PrefixCursor } {
    const reach = this.#declared.reach(scope, tokens);
    const stamp = ++this.#clock;
    let node = this.#root;
    let depth = 0;
    while ((depth + 1) * BLOCK_TOKENS <= tokens.length && depth * BLOCK_TOKENS < most) {
      const tag = depth < reach.shared ? publicTag(scope) : tagOf(scope);
      const content = contentOf(tokens, depth);
      const known = node.children.get(tag)?.get(content);
      const mayRestore = blocksFor(tokens.length) - depth + reserve <= this.#pool.free;
      const next: PrefixNode | undefined = known ?? (mayRestore ? this.#restore(node, tag, content) : undefined);
      if (!next) break;
      next.lastUsed = stamp;
      next.awaited = false;
      table.share(next.block);
      // What came back is held by the table alone.
      if (!known) this.#pool.release(next.block);
      node = next;
      depth += 1;
    }
    const found = depth * BLOCK_TOKENS;
    // The last block will be written to, and so be replaced by a copy: the path that is held ends above it.
    if (found > most) return { tokens: most, cursor: { node: node.parent ?? this.#root, depth: depth - 1 } };
    const cursor = { node, depth };
    if (found === most) return { tokens: found, cursor };
    const tag = depth < reach.shared ? publicTag(scope) : tagOf(scope);
    const partial = bestPartial(node.children.get(tag), tokens.subarray(found, most));
    if (!partial) return { tokens: found, cursor };
    partial.node.lastUsed = stamp;
    table.share(partial.node.block);
    return { tokens: found + partial.tokens, cursor };
  }

  /**
   * Remembers the full blocks of the first `computed` tokens. Blocks that the tree has already replace the table's own.
   * @returns the new cursor.
   */
  extend(scope: string, from: PrefixCursor, tokens: Int32Array, computed: number, table: BlockTable): PrefixCursor {
    const full = Math.floor(computed / BLOCK_TOKENS);
    if (full <= from.depth) return from;
    const reach = this.#declared.reach(scope, tokens);
    const stamp = ++this.#clock;
    let { node, depth } = from;
    for (; depth < full; depth++) {
      const tag = depth < reach.shared ? publicTag(scope) : tagOf(scope);
      const content = contentOf(tokens, depth);
      const known = node.children.get(tag)?.get(content);
      if (known) {
        table.replace(depth, known.block);
        node = known;
      } else {
        const block = table.blocks[depth]!;
        const pin = depth < reach.pinned && this.#isPinned(node) && this.#mayPin();
        node = this.#insert(node, tag, content, block);
        this.#pool.keep(block, pin ? "pinned" : "kept");
      }
      node.lastUsed = stamp;
    }
    return { node, depth };
  }

  /** A text that had computed so far lost its place, and will look for it again. */
  expect({ node }: PrefixCursor): void {
    for (let one: PrefixNode | undefined = node; one; one = one.parent) one.awaited = true;
  }

  /** What is remembered on the device, the most recently used first, parents before their children. */
  remembered(): PrefixNode[] {
    return [...this.#nodes.values()].sort((a, b) => b.lastUsed - a.lastUsed || a.depth - b.depth);
  }

  /** Lets everything that is pinned go when it is needed, until something is declared again. */
  unpin(): void {
    for (const node of this.#nodes.values()) {
      if (!this.#isPinned(node)) continue;
      this.#pool.keep(node.block, "kept");
      if (this.#evictable(node)) this.#offer(node);
    }
  }

  /** Forgets everything that nobody holds and that is not pinned. */
  clear(): void {
    while (this.#evictLeaf());
  }

  /** Every remembered block with the tokens of its path, for checks: nothing is found twice, parents outlive children. */
  *entries(): Generator<{ readonly block: number; readonly parent: number; readonly tag: string }> {
    for (const { block, parent, tag } of this.#nodes.values()) yield { block, parent: parent?.block ?? -1, tag };
  }

  #isPinned(node: PrefixNode): boolean {
    return node === this.#root || this.#pool.keeping(node.block) === "pinned";
  }

  #mayPin(): boolean {
    let pinned = 0;
    for (const block of this.#nodes.keys()) if (this.#pool.keeping(block) === "pinned") pinned += 1;
    return pinned < this.#pool.total / 2;
  }

  #idle(block: number): void {
    const node = this.#nodes.get(block);
    if (!node) return;
    node.lastUsed = Math.max(node.lastUsed, this.#clock);
    if (this.#evictable(node)) this.#offer(node);
  }

  #offer(node: PrefixNode): void {
    this.#leaves.push(node, node.lastUsed);
    if (this.#leaves.size < 4 * this.#pool.total + 64) return;
    this.#leaves.prune((item, stamp) => stamp === item.lastUsed && this.#evictable(item));
  }

  #evictable(node: PrefixNode): boolean {
    return (
      node.children.size === 0 &&
      this.#nodes.get(node.block) === node &&
      this.#pool.references(node.block) === 0 &&
      this.#pool.keeping(node.block) === "kept"
    );
  }

  #insert(parent: PrefixNode, tag: string, content: string, block: number): PrefixNode {
    const siblings = parent.children.get(tag) ?? new Map<string, PrefixNode>();
    parent.children.set(tag, siblings);
    const node = new PrefixNode(parent, tag, content, block);
    siblings.set(content, node);
    this.#nodes.set(block, node);
    return node;
  }

  /** Brings a block back from the host, with one reference. */
  #restore(parent: PrefixNode, tag: string, content: string): PrefixNode | undefined {
    if (!this.#swap || this.#swap.store.size === 0 || !this.#swap.costs.isWorthLoading()) return undefined;
    const load = this.#swap.store.take(childKey(parent.key, tag, content));
    if (!load) return undefined;
    const to = this.#pool.allocate();
    this.#swap.moves.push({ load, to });
    const node = this.#insert(parent, tag, content, to);
    this.#pool.keep(to, "kept");
    return node;
  }

  #reclaim(): void {
    if (this.#evictLeaf((node) => this.#save(node))) this.#evictions += 1;
  }

  #save({ awaited, block, key, tag }: PrefixNode): void {
    if (!this.#swap) return;
    const { costs, moves, store } = this.#swap;
    if (store.take(key) || !costs.isWorthSaving(awaited)) return;
    const save = store.add(key, tag);
    if (save) moves.push({ save, from: block });
  }

  #evictLeaf(save?: (node: PrefixNode) => void): boolean {
    for (let entry = this.#leaves.pop(); entry; entry = this.#leaves.pop()) {
      const { item: node, stamp } = entry;
      if (stamp !== node.lastUsed || !this.#evictable(node)) {
        // Used since: it is there again by its new stamp, if it is idle.
        continue;
      }
      save?.(node);
      const siblings = node.parent?.children.get(node.tag);
      siblings?.delete(node.content);
      if (siblings?.size === 0) node.parent?.children.delete(node.tag);
      this.#nodes.delete(node.block);
      this.#pool.keep(node.block, "not");
      if (node.parent && node.parent !== this.#root && this.#evictable(node.parent)) this.#offer(node.parent);
      return true;
    }
    return false;
  }

  /** After declarations changed: pins what they reach, lets go of the rest. */
  #repin(): void {
    const pinned = new Set<number>();
    const most = Math.floor(this.#pool.total / 2);
    for (const { scope, tokens } of this.#declared.pinned) {
      let node: PrefixNode | undefined = this.#root;
      const reach = this.#declared.reach(scope ?? PUBLIC, tokens);
      for (let depth = 0; depth < reach.pinned && pinned.size < most; depth++) {
        const tag: string = depth < reach.shared ? PUBLIC : tagOf(scope ?? PUBLIC);
        node = node?.children.get(tag)?.get(contentOf(tokens, depth));
        if (!node) break;
        pinned.add(node.block);
      }
    }
    this.#leaves.prune(() => false);
    for (const node of this.#nodes.values()) {
      this.#pool.keep(node.block, pinned.has(node.block) ? "pinned" : "kept");
      if (this.#evictable(node)) this.#offer(node);
    }
  }
}

function tagOf(scope: string): string {
  return `scope ${scope}`;
}
