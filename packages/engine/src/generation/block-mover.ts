import type { Clock } from "../engine.ts";
import type { BlockAccess } from "../graph/machine.ts";
import type { StoredBlock } from "../kv/block-store.ts";
import type { BlockCopy, BlockMove } from "../kv/blocks.ts";
import type { SwapCosts } from "../kv/swap-costs.ts";

/** Whether any of them goes to the host or comes from there. */
export function leavesDevice(moves: readonly BlockMove[]): boolean {
  return moves.some((move) => "save" in move || "load" in move);
}

/** Carries blocks between the device and the host, and learns what that takes. */
export class BlockMover {
  readonly #blocks: BlockAccess;
  readonly #costs: SwapCosts;
  readonly #clock: Clock;
  readonly #copy: (copies: readonly BlockCopy[]) => void;

  /** @param copy does copies on the device */
  constructor(blocks: BlockAccess, costs: SwapCosts, clock: Clock, copy: (copies: readonly BlockCopy[]) => void) {
    this.#blocks = blocks;
    this.#costs = costs;
    this.#clock = clock;
    this.#copy = copy;
  }

  /** Does what is owed, in order. */
  async move(moves: readonly BlockMove[]): Promise<void> {
    const copies: BlockCopy[] = [];
    const saves: { readonly save: StoredBlock; readonly from: number }[] = [];
    const flush = async () => {
      if (copies.length > 0) this.#copy(copies.splice(0));
      if (saves.length > 0) await this.#save(saves.splice(0));
    };
    for (const move of moves) {
      if ("save" in move) {
        if (copies.length > 0) await flush();
        saves.push(move);
      } else if ("load" in move) {
        await flush();
        this.#load(move.load, move.to);
      } else {
        if (saves.length > 0) await flush();
        copies.push(move);
      }
    }
    await flush();
  }

  /** What a block holds. Nothing may run meanwhile. */
  read(block: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#blocks.read(block);
  }

  async #save(blocks: readonly { readonly save: StoredBlock; readonly from: number }[]): Promise<void> {
    const begin = this.#clock();
    const read = await Promise.all(blocks.map(({ from }) => this.#blocks.read(from)));
    blocks.forEach(({ save }, i) => {
      save.content = read[i]!;
    });
    this.#costs.observeSaved(blocks.length, this.#clock() - begin);
  }

  #load({ content, key }: StoredBlock, to: number): void {
    if (content?.length !== this.#blocks.bytes) throw new RangeError(`block ${key} has no content`);
    const begin = this.#clock();
    this.#blocks.write(to, content);
    this.#costs.observeLoaded(1, this.#clock() - begin);
  }
}
