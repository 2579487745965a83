import { kvBlockBytes } from "@tugboat/kernels";
import { EngineError } from "../errors.ts";
import { BLOCK_TOKENS } from "../kv/blocks.ts";
import { heldPrefix, type KvHandOver, partOf } from "../kv/hand-over.ts";
import type { LoadedModel } from "../load.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { GenerationLoop } from "./loop.ts";

/** Gives what was computed of a prompt to another engine, and takes it from one. Both happen between two steps. */
export class HandOvers {
  readonly #model: LoadedModel;
  readonly #scheduler: Scheduler;
  readonly #loop: GenerationLoop;
  /** What the bytes of a hand-over mean here. */
  readonly layout: string;

  constructor(name: string, model: LoadedModel, scheduler: Scheduler, loop: GenerationLoop) {
    this.#model = model;
    this.#scheduler = scheduler;
    this.#loop = loop;
    const { headDim, kvHeads, type } = model.machine.settings.kv;
    this.layout = `${name} ${model.hyperparameters.layers}x${kvHeads}x${headDim} ${type}`;
  }

  /** @returns undefined when the cache has no whole block of it */
  async give(scope: string, tokens: Int32Array<ArrayBuffer>): Promise<KvHandOver | undefined> {
    if (!this.#model.limits.prefixCache || tokens.length < BLOCK_TOKENS) return undefined;
    let given: KvHandOver | undefined;
    await this.#loop.exclusive(0, async () => {
      const table = heldPrefix(this.#scheduler, scope, tokens);
      try {
        await this.#loop.settle();
        const { blocks } = table;
        if (blocks.length === 0) return;
        const data = await this.#model.machine.readBlocks(blocks);
        given = { scope, tokens: tokens.slice(0, blocks.length * BLOCK_TOKENS), layout: this.layout, data };
      } finally {
        table.release();
      }
    });
    return given;
  }

  /** @returns how many of its tokens are in the cache now. @throws EngineError `bad-request` */
  async take({ data, layout, scope, tokens }: KvHandOver): Promise<number> {
    const bytes = kvBlockBytes(this.#model.machine.settings.kv);
    const blocks = tokens.length / BLOCK_TOKENS;
    const expected = (bytes.keys + bytes.values) * blocks * this.#model.hyperparameters.layers;
    if (layout !== this.layout || !Number.isInteger(blocks) || data.length !== expected) {
      const message = `${data.length} bytes of ${layout} were handed over, ${expected} of ${this.layout} are taken`;
      throw new EngineError("bad-request", message, "Both workers must serve the same model with the same settings.");
    }
    if (!this.#model.limits.prefixCache) return 0;
    let there = 0;
    await this.#loop.exclusive(0, async () => {
      const adoption = this.#scheduler.adopt(scope, tokens);
      const { from, to } = adoption;
      try {
        await this.#loop.settle();
        if (to > from) {
          await this.#model.machine.writeBlocks(adoption.blocks, partOf(data, blocks, from, to, bytes));
        }
        adoption.keep();
        there = to * BLOCK_TOKENS;
      } finally {
        adoption.release();
      }
    });
    return there;
  }
}
