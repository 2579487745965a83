import { packLowRank, RANK_UNIT } from "@tugboat/kernels";
import { EngineError } from "../errors.ts";
import { nextTurn } from "../generation/turn.ts";
import type { Machine } from "../graph/machine.ts";
import { type AdapterTarget, type HostAdapter, importPeft } from "../train/adapter.ts";
import type { PeftAdapter } from "../train/types.ts";
import { type AdapterPlace, AdapterPlaces } from "./places.ts";

/** An adapter held on the device until it is released. */
export interface AdapterLease {
  readonly id: string;
  /** Twice does no harm. A request that was begun with it goes on. */
  release(): void;
}

export interface AdapterStats {
  /** On the device now. */
  readonly loaded: number;
  /** Of which requests use so many. */
  readonly inUse: number;
  /** Device bytes allocated for adapters. */
  readonly bytes: number;
  /** Times that one was read and put on the device, and that one gave its place up. */
  readonly loads: number;
  readonly evictions: number;
}

/**
 * The adapters of a loaded model (S-LoRA's, https://arxiv.org/abs/2311.03285, with its unified pool cut into units of 8
 * ranks): read when first asked for, kept while there is room.
 */
export class Adapters {
  readonly #machine: Machine;
  readonly #target: AdapterTarget;
  readonly #betweenSteps: (work: () => Promise<void>) => Promise<void>;
  readonly #places: AdapterPlaces;
  readonly #leases = new WeakSet<AdapterLease>();
  /** Reading one at a time keeps what is being written from being given away. */
  #queue: Promise<unknown> = Promise.resolve();
  #loads = 0;

  constructor(machine: Machine, target: AdapterTarget, betweenSteps: (work: () => Promise<void>) => Promise<void>) {
    this.#machine = machine;
    this.#target = target;
    this.#betweenSteps = betweenSteps;
    this.#places = new AdapterPlaces(machine.adapters?.maxUnits ?? 0);
  }

  stats(): AdapterStats {
    const entries = [...this.#places.entries()];
    const { adapters } = this.#machine;
    return {
      loaded: entries.length,
      inUse: entries.filter(({ users }) => users > 0).length,
      bytes: adapters ? adapters.units * adapters.unitBytes : 0,
      loads: this.#loads,
      evictions: this.#places.evictions,
    };
  }

  /**
   * Takes an adapter into use, reading it if it is not on the device.
   * @param id names its content: the same id is never read twice while it is there.
   * @throws EngineError `bad-request` for an adapter of another model, `unsupported`, `queue-full` when all room is in use.
   */
  async open(id: string, read: () => Promise<PeftAdapter>): Promise<AdapterLease> {
    const there = this.#places.use(id);
    if (there) return this.#lease(id);
    const opened = this.#queue.then(() => this.#load(id, read));
    this.#queue = opened.catch(() => undefined);
    return opened;
  }

  /** One more use of an adapter for as long as a request runs. @throws EngineError `bad-request` for a lease that ended */
  hold(lease: AdapterLease): { readonly place: AdapterPlace; readonly release: () => void } {
    const place = this.#leases.has(lease) ? this.#places.use(lease.id) : undefined;
    if (!place) {
      throw new EngineError("bad-request", `adapter: ${lease.id} was released`, "Open the adapter again.");
    }
    return { place, release: once(() => this.#places.leave(lease.id)) };
  }

  async #load(id: string, read: () => Promise<PeftAdapter>): Promise<AdapterLease> {
    // Another one waited for the same.
    const there = this.#places.use(id);
    if (there) return this.#lease(id);
    const pool = this.#machine.adapters;
    if (!pool) {
      throw new EngineError("unsupported", "this engine was loaded without adapters", "Load it with `adapters`.");
    }
    const adapter = await importPeft(this.#target, await read());
    const units = this.#check(id, adapter);
    const place = this.#places.place(id, units);
    if (!place) {
      throw new EngineError(
        "queue-full",
        `the room for adapters, ${pool.maxUnits * RANK_UNIT} ranks, is all in use`,
        "Send the request again a little later, or give adapters more memory.",
      );
    }
    try {
      const end = place.first + units;
      if (end > pool.units) await this.#betweenSteps(() => this.#machine.growAdapters(end));
      for (const [ref, target] of pool.targets.entries()) {
        const parts = target.tensors.map((tensor) => adapter.matrices.get(tensor));
        pool.write(ref, place.first, packLowRank(target, adapter.rank, adapter.alpha / adapter.rank, parts));
        // Packing takes a while: steps of others run in between.
        await nextTurn();
      }
    } catch (error) {
      this.#places.drop(id);
      throw error;
    }
    this.#places.ready(id);
    this.#loads += 1;
    return this.#lease(id);
  }

  /** @returns the units that it takes. */
  #check(id: string, { matrices, rank }: HostAdapter): number {
    const pool = this.#machine.adapters!;
    const most = this.#machine.settings.adapters!.maxRank;
    if (rank > most) {
      throw new EngineError("unsupported", `${id} has rank ${rank}, this engine takes ${most} at most`);
    }
    const known = new Set(pool.targets.flatMap(({ tensors }) => tensors));
    const strange = [...matrices.keys()].find((name) => !known.has(name));
    if (strange === undefined) return Math.ceil(rank / RANK_UNIT);
    throw new EngineError(
      "unsupported",
      `${id} changes ${strange}, for which this engine takes no adapters`,
      "Merge the adapter into its model and add that model.",
    );
  }

  #lease(id: string): AdapterLease {
    const release = once(() => {
      this.#leases.delete(lease);
      this.#places.leave(id);
    });
    const lease: AdapterLease = { id, release };
    this.#leases.add(lease);
    return lease;
  }
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    work();
  };
}
