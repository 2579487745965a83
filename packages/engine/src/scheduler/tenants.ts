import type { Sequence } from "./sequence.ts";

/** What reading a prompt token and writing a token cost, as in "Fairness in Serving Large Language Models". */
export const TOKEN_WEIGHTS = { prompt: 1, generated: 2 };

/** Idle tenants remembered before those without debts are forgotten. */
const REMEMBERED = 256;

/** One party that shares the engine: what it was served, and what it waits for. */
export class Tenant {
  readonly id: string;
  /** Weighted tokens served, lifted to the least served of the others whenever it comes back. */
  served = 0;
  /** Its sequences that have a slot. */
  running = 0;
  /** First come, first served; preempted ones go back to their place. */
  readonly waiting: Readonly<Record<Priority, Sequence[]>> = { interactive: [], batch: [] };

  constructor(id: string) {
    this.id = id;
  }

  get isActive(): boolean {
    return this.running > 0 || this.waiting.interactive.length > 0 || this.waiting.batch.length > 0;
  }
}

/** Somebody waits for `interactive` work; `batch` runs where that leaves room, and no longer yields once it is old. */
export type Priority = "interactive" | "batch";

/**
 * The virtual token counter (Sheng et al. 2024, https://arxiv.org/abs/2401.00588): whoever was served least is served
 * next, and nobody saves up turns by staying away.
 */
export class Tenants {
  readonly #tenants = new Map<string, Tenant>();

  /** The tenant, about to have work. */
  enter(id: string): Tenant {
    const known = this.#tenants.get(id);
    if (known?.isActive) return known;
    const tenant = known ?? new Tenant(id);
    const active = [...this.active()];
    if (active.length === 0) {
      // With nobody to be fair to, old debts mean nothing.
      this.#tenants.clear();
      tenant.served = 0;
    } else {
      tenant.served = Math.max(tenant.served, Math.min(...active.map(({ served }) => served)));
    }
    this.#tenants.set(id, tenant);
    if (this.#tenants.size > REMEMBERED) this.#forget();
    return tenant;
  }

  *active(): Generator<Tenant> {
    for (const tenant of this.#tenants.values()) if (tenant.isActive) yield tenant;
  }

  /** Those whose counter would be lifted anyway. */
  #forget(): void {
    const floor = Math.min(...[...this.active()].map(({ served }) => served));
    for (const [id, tenant] of this.#tenants) if (!tenant.isActive && tenant.served <= floor) this.#tenants.delete(id);
  }
}
