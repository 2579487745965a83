import type { Binding, Recorder } from "../device.ts";
import { checkKvShape, type KvShape, kvBlockBytes, kvCacheBytes } from "./kv-layout.ts";
import { checkSize, type Kernel, type OpSet } from "./op.ts";

export interface CopyBlocksArgs {
  /** `[count]` of u32 pairs (from block, to block); a pair past the cache copies nothing. */
  readonly pairs: Binding;
  readonly keys: Binding;
  readonly values: Binding;
  readonly count: number;
}

/** Copies whole blocks of one layer's cache, for copy-on-write. No block is both source and target in one call. */
export class CopyBlocks {
  readonly kv: KvShape;
  readonly #kernel: Kernel;

  /** @throws KernelError (`shape`) */
  constructor(ops: OpSet, { kv }: { kv: KvShape }) {
    checkKvShape("copy_blocks", kv);
    this.kv = kv;
    const block = kvBlockBytes(kv);
    const constants = { BLOCKS: kv.blocks, K4: block.keys / 16, V4: block.values / 16 };
    this.#kernel = ops.kernel("copy_blocks", { constants });
  }

  record(recorder: Recorder, { pairs, keys, values, count }: CopyBlocksArgs): void {
    const cache = kvCacheBytes(this.kv);
    checkSize("copy_blocks", "pairs", pairs, count * 8);
    checkSize("copy_blocks", "keys", keys, cache.keys);
    checkSize("copy_blocks", "values", values, cache.values);
    this.#kernel.dispatch(recorder, [pairs, keys, values], [count]);
  }
}
