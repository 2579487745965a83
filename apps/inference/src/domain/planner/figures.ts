import { z } from "zod";
import type { Preference, TaskDocument } from "../tasks/document.ts";
import { meanBounds, normalQuantile, quantileBounds } from "./bounds.ts";

/** One answer of a candidate, measured. */
export interface Measured {
  readonly score: number;
  readonly latencyMs: number;
  readonly costMicroUsd: number;
  /** How sure it was, from 0 to 1; null where it can't say. */
  readonly confidence: number | null;
}

export type Goal = Pick<TaskDocument, "require" | "prefer" | "confidence">;

const held = z.object({
  /** What was measured. */
  value: z.number(),
  /** What it is at worst at the task's confidence, one-sided. */
  bound: z.number(),
  wanted: z.number(),
  holds: z.boolean(),
});

export const figures = z.object({
  n: z.int(),
  score: z.number(),
  /** Of 95 %, two-sided. */
  low: z.number(),
  high: z.number(),
  latencyP50Ms: z.number(),
  latencyP95Ms: z.number(),
  costPer1kUsd: z.number(),
  requirements: z.object({
    quality: held.optional(),
    latencyP95Ms: held.optional(),
    costPer1kUsd: held.optional(),
  }),
  /** Whether every requirement's bound holds. */
  meets: z.boolean(),
});
export type Figures = z.output<typeof figures>;

const z95 = 1.959964;

/** What a candidate's answers amount to, held against what is required. */
export function figuresOf(measured: readonly Measured[], { confidence, require }: Goal): Figures {
  const z = normalQuantile(confidence);
  const scores = measured.map(({ score }) => score);
  const times = measured.map(({ latencyMs }) => latencyMs);
  // Micro-dollars each are milli-dollars for a thousand.
  const costs = measured.map(({ costMicroUsd }) => costMicroUsd / 1000);
  const quality = meanBounds(scores, z);
  const latency = quantileBounds(times, 0.95, z);
  const cost = costBounds(costs, z);
  const wide = meanBounds(scores, z95);
  const requirements = {
    ...(require.quality !== undefined && {
      quality: heldOf(quality.value, quality.low, require.quality, quality.low >= require.quality),
    }),
    ...(require.latencyP95Ms !== undefined && {
      latencyP95Ms: heldOf(latency.value, latency.high, require.latencyP95Ms, latency.high <= require.latencyP95Ms),
    }),
    ...(require.costPer1kUsd !== undefined && {
      costPer1kUsd: heldOf(cost.value, cost.high, require.costPer1kUsd, cost.high <= require.costPer1kUsd),
    }),
  };
  return {
    n: measured.length,
    score: wide.value,
    low: wide.low,
    high: wide.high,
    latencyP50Ms: quantileBounds(times, 0.5, z).value,
    latencyP95Ms: latency.value,
    costPer1kUsd: cost.value,
    requirements,
    meets: measured.length > 0 && Object.values(requirements).every(({ holds }) => holds),
  };
}

function heldOf(value: number, bound: number, wanted: number, holds: boolean) {
  return { value, bound: Number.isFinite(bound) ? bound : 1e12, wanted, holds };
}

function costBounds(costs: readonly number[], z: number) {
  const n = Math.max(1, costs.length);
  const value = costs.reduce((sum, one) => sum + one, 0) / n;
  const sd = Math.sqrt(costs.reduce((sum, one) => sum + (one - value) ** 2, 0) / Math.max(1, n - 1));
  const half = (z * sd) / Math.sqrt(n);
  return { value, low: Math.max(0, value - half), high: value + half };
}

/**
 * How far a plan is from what is required: 0 when every value holds; one unit is ten points of quality or a factor e of
 * latency or cost.
 * @param of `bound` for what is certain, `value` for what was measured
 */
export function shortfall({ requirements: all }: Figures, of: "bound" | "value"): number {
  const { costPer1kUsd: cost, latencyP95Ms: latency, quality } = all;
  const over = (held: { value: number; bound: number; wanted: number } | undefined) =>
    held === undefined ? 0 : Math.max(0, Math.log(Math.max(held[of], 1e-9) / Math.max(held.wanted, 1e-9)));
  const missing = quality === undefined ? 0 : Math.max(0, quality.wanted - quality[of]) * 10;
  return missing + over(latency) + over(cost);
}

/** Negative when `a` is preferred to `b`, by what the task prefers, then by the rest. */
export function compareByPreference(a: Figures, b: Figures, prefer: Preference): number {
  const cost = relative(a.costPer1kUsd, b.costPer1kUsd);
  const latency = relative(a.latencyP95Ms, b.latencyP95Ms);
  const quality = b.score - a.score;
  const order = {
    cost: [cost, latency, quality],
    latency: [latency, cost, quality],
    quality: [quality, cost, latency],
  };
  return order[prefer].find((difference) => Math.abs(difference) > 1e-9) ?? 0;
}

/** Differences below a twentieth are none: what is measured is not that exact. */
function relative(a: number, b: number): number {
  const most = Math.max(a, b);
  return most === 0 || Math.abs(a - b) / most < 0.05 ? 0 : (a - b) / most;
}

/** The best first: what meets every requirement, by preference; then what is nearest to it. */
export function compareFigures(a: Figures, b: Figures, prefer: Preference): number {
  if (a.meets !== b.meets) return a.meets ? -1 : 1;
  if (a.meets) return compareByPreference(a, b, prefer);
  const [far, near] = [shortfall(a, "bound"), shortfall(b, "bound")];
  return Math.abs(far - near) > 1e-9 ? far - near : compareByPreference(a, b, prefer);
}
