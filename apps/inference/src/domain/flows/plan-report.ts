import { z } from "zod";
import { requirements } from "../tasks/requirements.ts";

const figures = z.object({ quality: z.number(), latencyMs: z.number(), costMicroUsd: z.number() });
const misses = z.object({
  quality: z.number().optional(),
  latencyMs: z.number().optional(),
  costMicroUsd: z.number().optional(),
});

const entry = z.object({
  /** Step by step, the name of its way. */
  ways: z.record(z.string(), z.string()),
  choices: z.record(z.string(), z.int()),
  /** Who would have set it so: `first way of every step`; null for what the search proposed. */
  default: z.string().nullable(),
  figures,
  /** Each at the bad end of its one-sided interval of 80 %: what requirements are held against. */
  worst: figures.optional(),
  /** Of the quality, 95 times in 100. */
  low: z.number(),
  high: z.number(),
  misses,
  /** Questions that ended without an answer, which counts as wrong, and why the first did. */
  failed: z.int().default(0),
  failure: z.string().nullable().default(null),
  predicted: figures.nullable(),
});

/** What one joint planning measured and chose. Latency is the 95th of 100 runs in ms, cost that of one run in µ$. */
export const flowPlanReport = z.object({
  questions: z.int(),
  dataset: z.string(),
  require: requirements,
  prefer: z.enum(["quality", "latency", "cost"]),
  /** Combinations that there are, and that were measured. */
  combinations: z.int(),
  measured: z.int(),
  /** False: nothing that was asked has a price, so that cost says nothing. */
  isPriced: z.boolean().default(true),
  /** The first is the chosen one. */
  entries: z.array(entry),
  steps: z.array(
    z.object({
      step: z.string(),
      ways: z.array(
        z.object({ name: z.string(), quality: z.number(), latencyMs: z.number(), costMicroUsd: z.number() }),
      ),
      way: z.string(),
      latencyMs: z.number(),
      costMicroUsd: z.number(),
      qualityLeft: z.number(),
    }),
  ),
  binding: z
    .object({
      requirement: z.enum(["quality", "latencyMs", "costMicroUsd"]),
      room: z.number(),
      step: z.string(),
      way: z.string(),
      could: z.number(),
    })
    .nullable(),
  sentence: z.string(),
});

export type FlowPlanReport = z.output<typeof flowPlanReport>;
