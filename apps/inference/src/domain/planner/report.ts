import { z } from "zod";
import { figures } from "./figures.ts";
import { planSpec } from "./plan.ts";

export const branch = z.object({
  name: z.string(),
  /** What it does in the plan: `answers alone above confidence 0.83`. */
  role: z.string(),
  /** Of the requests. */
  share: z.number().nullable(),
});

export const entry = z.object({
  key: z.string(),
  name: z.string(),
  spec: planSpec,
  /** The plan's number, for what can be shipped. */
  plan: z.int().nullable(),
  figures,
  branches: z.array(branch),
  /** Why it was not chosen; null for the one that was. */
  why: z.string().nullable(),
  /** Measured on every held-out example. */
  complete: z.boolean(),
  predicted: z.object({ ms: z.number(), score: z.number(), costPer1kUsd: z.number() }).nullable(),
  /** Keys of its steps' measurements. */
  steps: z.array(z.string()),
});
export type Entry = z.output<typeof entry>;

export const planReport = z.object({
  task: z.string(),
  version: z.int(),
  /** What the examples were, as a dataset's version or a count. */
  examples: z.string(),
  learnt: z.int(),
  calibration: z.int(),
  heldOut: z.int(),
  measure: z.string(),
  prefer: z.string(),
  confidence: z.number(),
  require: z.object({
    quality: z.number().optional(),
    latencyP95Ms: z.number().optional(),
    costPer1kUsd: z.number().optional(),
  }),
  /** The best first; the first is the plan. */
  entries: z.array(entry),
  notTried: z.array(z.object({ name: z.string(), why: z.string() })),
  met: z.boolean(),
  sentence: z.string(),
  advice: z.array(z.string()),
  /** Requests that were made for it, those that earlier plannings had made, and what an exhaustive search makes. */
  measurements: z.int(),
  reused: z.int(),
  exhaustive: z.int(),
  spentMs: z.number(),
  /** Whether the time ran out before the race was over. */
  cutShort: z.boolean(),
  device: z.string(),
  /** Of the catalog, those that were thought of. */
  models: z.array(z.string()),
  error: z.object({
    latencyPercent: z.number().nullable(),
    costPercent: z.number().nullable(),
    scorePoints: z.number().nullable(),
    records: z.int(),
  }),
});
export type PlanReport = z.output<typeof planReport>;

/** What a page that watches a planning shows. */
export const planProgress = z.object({
  stage: z.string(),
  measurements: z.int(),
  exhaustive: z.int(),
  candidates: z.array(
    z.object({
      name: z.string(),
      n: z.int(),
      score: z.number().nullable(),
      latencyP95Ms: z.number().nullable(),
      state: z.enum(["waiting", "racing", "out"]),
      why: z.string().nullable(),
    }),
  ),
  spentMs: z.number(),
});
export type PlanProgress = z.output<typeof planProgress>;
