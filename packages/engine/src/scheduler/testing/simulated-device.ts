import { BLOCK_TOKENS } from "../../kv/blocks.ts";
import type { Scheduler } from "../scheduler.ts";
import type { Sequence } from "../sequence.ts";
import type { StepPlan } from "../step-plan.ts";

/**
 * A KV cache in which every slot holds a fingerprint of all the tokens up to it and of the scope that computed it, so that
 * a block shared wrongly, written twice or lost shows at once.
 */
export class SimulatedDevice {
  readonly #scheduler: Scheduler;
  readonly #content: Uint32Array;
  readonly #owners: (string | undefined)[];
  readonly #names: (string | undefined)[] = [];
  readonly #fingerprints = new Map<Sequence, number[]>();

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.#content = new Uint32Array(scheduler.pool.total * BLOCK_TOKENS);
    this.#owners = Array.from({ length: this.#content.length }, () => undefined);
  }

  /**
   * Does what the step says.
   * @param mayShare whether a sequence may read what a scope computed, up to some token.
   * @throws Error that names the slot when a row would read what is not its own text's.
   */
  run(plan: StepPlan, mayShare: (sequence: Sequence, owner: string | undefined, token: number) => boolean): void {
    const { pool } = this.#scheduler;
    for (const move of plan.moves) {
      if ("save" in move) {
        const at = move.from * BLOCK_TOKENS;
        move.save.content = this.#packed(at);
        continue;
      }
      if ("load" in move) {
        this.#unpack(move.to * BLOCK_TOKENS, move.load.content);
        continue;
      }
      const { from, to } = move;
      for (let i = 0; i < BLOCK_TOKENS; i++) {
        this.#content[to * BLOCK_TOKENS + i] = this.#content[from * BLOCK_TOKENS + i]!;
        this.#owners[to * BLOCK_TOKENS + i] = this.#owners[from * BLOCK_TOKENS + i];
      }
    }
    for (const { count, draft, sequence, start } of plan.entries) {
      const prints = this.#printsOf(sequence);
      for (let token = 0; token < start; token++) {
        const slot = slotOf(sequence, token);
        if (this.#content[slot] !== prints[token]) throw new Error(`token ${token} of ${sequence.order} is not there`);
        if (!mayShare(sequence, this.#owners[slot], token)) {
          throw new Error(`token ${token} of ${sequence.order} comes from ${this.#owners[slot]}`);
        }
      }
      // What a wrong guess leaves is nobody's text: whoever read it before it is written again would see that.
      const written = [...prints.slice(0, start + count - draft.length)];
      for (const token of draft) written.push(printAfter(written.at(-1)!, token));
      for (let token = start; token < start + count; token++) {
        const slot = slotOf(sequence, token);
        if (!pool.isOwn(Math.floor(slot / BLOCK_TOKENS))) throw new Error(`a shared block is written at ${slot}`);
        this.#content[slot] = written[token]!;
        this.#owners[slot] = sequence.terms.scope;
      }
    }
  }

  /** A block as bytes: its fingerprints, then its owners by number. */
  #packed(at: number): Uint8Array<ArrayBuffer> {
    const words = new Uint32Array(2 * BLOCK_TOKENS);
    for (let i = 0; i < BLOCK_TOKENS; i++) {
      words[i] = this.#content[at + i]!;
      const owner = this.#owners[at + i];
      if (!this.#names.includes(owner)) this.#names.push(owner);
      words[BLOCK_TOKENS + i] = this.#names.indexOf(owner);
    }
    return new Uint8Array(words.buffer);
  }

  #unpack(at: number, bytes: Uint8Array<ArrayBuffer> | undefined): void {
    if (!bytes) throw new Error("a block is loaded that was not saved");
    const words = new Uint32Array(bytes.buffer);
    for (let i = 0; i < BLOCK_TOKENS; i++) {
      this.#content[at + i] = words[i]!;
      this.#owners[at + i] = this.#names[words[BLOCK_TOKENS + i]!];
    }
  }

  /** What a text's blocks hold, to be handed to another device. */
  read(blocks: readonly number[]): { readonly print: number; readonly owner: string | undefined }[] {
    return blocks.flatMap((block) =>
      Array.from({ length: BLOCK_TOKENS }, (_, i) => {
        const slot = block * BLOCK_TOKENS + i;
        return { print: this.#content[slot]!, owner: this.#owners[slot] };
      }),
    );
  }

  /** @throws Error for a block that others could read meanwhile */
  write(blocks: readonly number[], content: ReturnType<SimulatedDevice["read"]>): void {
    for (const [at, block] of blocks.entries()) {
      if (!this.#scheduler.pool.isOwn(block)) throw new Error(`block ${block} is written and not its writer's own`);
      for (let i = 0; i < BLOCK_TOKENS; i++) {
        const { owner, print } = content[at * BLOCK_TOKENS + i]!;
        this.#content[block * BLOCK_TOKENS + i] = print;
        this.#owners[block * BLOCK_TOKENS + i] = owner;
      }
    }
  }

  #printsOf(sequence: Sequence): number[] {
    const prints = this.#fingerprints.get(sequence) ?? [];
    this.#fingerprints.set(sequence, prints);
    let print = prints.at(-1) ?? 17;
    for (let i = prints.length; i < sequence.length; i++) {
      print = printAfter(print, sequence.token(i));
      prints.push(print);
    }
    return prints;
  }
}

function printAfter(print: number, token: number): number {
  return (Math.imul(print, 0x01000193) ^ (token + 1)) >>> 0;
}

function slotOf({ table }: Sequence, token: number): number {
  const block = table.blocks[Math.floor(token / BLOCK_TOKENS)];
  if (block === undefined) throw new Error(`token ${token} has no block`);
  return block * BLOCK_TOKENS + (token % BLOCK_TOKENS);
}

/** Who holds what must be what the pool counts, and what the tree keeps must be whole. */
export function checkAccounts(scheduler: Scheduler, all: readonly Sequence[]): void {
  const { pool, prefixes } = scheduler;
  const held = new Int32Array(pool.total);
  let slots = 0;
  const seen = new Set<number>();
  for (const sequence of all) {
    if (sequence.state !== "running" && sequence.table.blocks.length > 0)
      throw new Error("blocks of what does not run");
    for (const block of sequence.table.blocks) held[block]! += 1;
    if (sequence.slot < 0) continue;
    if (seen.has(sequence.slot)) throw new Error(`slot ${sequence.slot} is taken twice`);
    seen.add(sequence.slot);
    slots += 1;
  }
  if (slots !== scheduler.running) throw new Error(`${slots} slots are held, ${scheduler.running} counted`);
  let free = 0;
  for (let block = 0; block < pool.total; block++) {
    if (pool.references(block) !== held[block]) throw new Error(`block ${block} is held ${held[block]} times`);
    if (held[block] === 0 && pool.keeping(block) !== "pinned") free += 1;
  }
  if (free !== pool.free) throw new Error(`${free} blocks are free, ${pool.free} counted`);
  const kept = new Map([...prefixes.entries()].map((entry) => [entry.block, entry]));
  if (kept.size !== pool.kept) throw new Error(`${kept.size} blocks are kept, ${pool.kept} counted`);
  for (const { block, parent } of kept.values()) {
    if (parent >= 0 && !kept.has(parent)) throw new Error(`block ${block} outlived its parent`);
    if (parent >= 0 && held[block]! > 0 && held[parent] === 0) throw new Error(`block ${parent} is held only below it`);
  }
}
