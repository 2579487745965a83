import type { PackedLowRank } from "@tugboat/kernels";
import type { AdapterRoom } from "../graph/machine.ts";
import type { AdaptedPlan } from "../graph/plan.ts";
import type { StageQueue } from "./stage-queue.ts";

/** Adapters over stages: each keeps the share of its own layers, at the same units. */
export class StagedAdapters implements AdapterRoom {
  readonly targets: readonly AdaptedPlan[];
  readonly maxUnits: number;
  readonly unitBytes: number;
  readonly #owners: readonly { readonly queue: StageQueue; readonly ref: number }[];
  readonly #queues: readonly StageQueue[];
  #units = 0;

  /** @param bytes what all stages together may take */
  constructor(queues: readonly StageQueue[], bytes: number) {
    const parts = queues.flatMap((queue) => {
      const { adapters } = queue.worker.facts;
      return adapters ? [{ queue, ...adapters }] : [];
    });
    this.#queues = parts.map(({ queue }) => queue);
    this.#owners = parts.flatMap(({ queue, targets }) => targets.map((_, ref) => ({ queue, ref })));
    this.targets = parts.flatMap(({ targets }) => targets);
    this.unitBytes = parts.reduce((sum, part) => sum + part.unitBytes, 0);
    const affordable = this.unitBytes === 0 ? 0 : Math.max(1, Math.floor(bytes / this.unitBytes));
    this.maxUnits = Math.min(affordable, ...parts.map(({ maxUnits }) => maxUnits));
  }

  get units(): number {
    return this.#units;
  }

  /** @throws KernelError `out-of-memory` */
  async grow(units: number): Promise<void> {
    const answers = await Promise.all(this.#queues.map((queue) => queue.send([{ op: "grow", units }])));
    this.#units = Math.min(...answers.map((answer) => answer.units ?? 0));
  }

  write(ref: number, firstUnit: number, packed: PackedLowRank): void {
    const owner = this.#owners[ref];
    if (!owner) throw new Error(`there is no group ${ref} of matrices`);
    // A stage that fails shows with the next step, which needs it.
    owner.queue.send([{ op: "adapter", ref: owner.ref, firstUnit, packed }]).catch(() => {});
  }
}
