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
  /** Of the quality, 95 times in 100. */
  low: z.number(),
  high: z.number(),
  misses,
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
