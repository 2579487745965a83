import { BlockTable } from "./block-table.ts";
import { BLOCK_TOKENS, type BlockPool, blocksFor } from "./blocks.ts";
import type { PrefixCache } from "./prefix-cache.ts";

/** Keys and values of whole blocks of a text, to go on from in another engine of the same model and settings. */
export interface KvHandOver {
  /** Whose they are, with the adapter that they were computed with. */
  readonly scope: string;
  /** A multiple of 16. */
  readonly tokens: Int32Array<ArrayBuffer>;
  /** What both engines must agree on for the bytes to mean the same. */
  readonly layout: string;
  /** `[layers, (keys, values), blocks]` as the device keeps them. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Bytes of one block in one layer. */
export interface BlockBytes {
  readonly keys: number;
  readonly values: number;
}

interface Cache {
  readonly pool: BlockPool;
  readonly prefixes: PrefixCache;
}

/** The blocks of a text that the cache has, held until they are released. */
export function heldPrefix({ pool, prefixes }: Cache, scope: string, tokens: Int32Array): BlockTable {
  const table = new BlockTable(pool);
  const most = tokens.length - (tokens.length % BLOCK_TOKENS);
  const found = prefixes.match(scope, tokens, most, table);
  const whole = new BlockTable(pool);
  for (const block of table.blocks.slice(0, Math.floor(found.tokens / BLOCK_TOKENS))) whole.share(block);
  table.release();
  return whole;
}

/** Where handed-over blocks of a text may be written: blocks `[from, to)` of it, into `blocks`. */
export interface Adoption {
  readonly from: number;
  readonly to: number;
  readonly blocks: readonly number[];
  /** Once they are written: others find them. */
  keep(): void;
  /** Nobody holds them any more; those that were not kept are free. */
  release(): void;
}

/**
 * Room for blocks that were computed elsewhere, behind those of the text that are there already. Nobody gives way to them:
 * what finds no room is computed again.
 * @param reserve free blocks that are left to others
 */
export function adopt({ pool, prefixes }: Cache, scope: string, tokens: Int32Array, reserve: number): Adoption {
  const table = heldPrefix({ pool, prefixes }, scope, tokens);
  const from = table.blocks.length;
  const to = from + Math.max(0, Math.min(blocksFor(tokens.length) - from, pool.free - reserve));
  table.prepareWrite(from * BLOCK_TOKENS, to * BLOCK_TOKENS, []);
  return {
    from,
    to,
    blocks: table.blocks.slice(from, to),
    keep() {
      prefixes.extend(scope, prefixes.start, tokens, to * BLOCK_TOKENS, table);
    },
    release: () => table.release(),
  };
}

/** Runs of blocks that follow each other, so that they are read and written at once. */
export function runsOf(blocks: readonly number[]): { readonly first: number; readonly count: number }[] {
  const runs: { first: number; count: number }[] = [];
  for (const block of blocks) {
    const last = runs.at(-1);
    if (last && last.first + last.count === block) last.count += 1;
    else runs.push({ first: block, count: 1 });
  }
  return runs;
}

/** Blocks `[from, to)` of what was handed over, in the same layout. */
export function partOf(
  data: Uint8Array,
  total: number,
  from: number,
  to: number,
  bytes: BlockBytes,
): Uint8Array<ArrayBuffer> {
  const layer = (bytes.keys + bytes.values) * total;
  const layers = layer === 0 ? 0 : data.length / layer;
  const part = new Uint8Array((bytes.keys + bytes.values) * (to - from) * layers);
  let at = 0;
  for (let i = 0; i < layers; i++) {
    for (const [start, size] of [
      [i * layer, bytes.keys],
      [i * layer + bytes.keys * total, bytes.values],
    ] as const) {
      const piece = data.subarray(start + from * size, start + to * size);
      part.set(piece, at);
      at += piece.length;
    }
  }
  return part;
}
