import type { Sequence } from "./sequence.ts";
import type { Priority } from "./tenants.ts";

/** Batch work that has waited so long counts as interactive, in ms. */
export const AGING_MS = 15_000;

export function urgency(sequence: Sequence, now: number): Priority {
  const { arrived, priority } = sequence.terms;
  return priority === "interactive" || now - arrived >= AGING_MS ? "interactive" : "batch";
}

/** Who is served first: interactive before batch, then the tenant served least, then the oldest. */
export function compareRank(a: Sequence, b: Sequence, now: number): number {
  const byUrgency = Number(urgency(a, now) === "batch") - Number(urgency(b, now) === "batch");
  return byUrgency || a.terms.tenant.served - b.terms.tenant.served || a.order - b.order;
}

/**
 * Whether a sequence that runs gives way to one that waits: to more urgent work, or because its tenant has so much more
 * of the engine that one place less leaves it no worse off than the other.
 */
export function yieldsTo(running: Sequence, waiting: Sequence, now: number): boolean {
  const [mine, theirs] = [urgency(running, now), urgency(waiting, now)];
  if (mine !== theirs) return mine === "batch";
  const size = 1 + waiting.followers.length;
  return running.terms.tenant.running - 1 >= waiting.terms.tenant.running + size;
}
