import { z } from "zod";

const interval = z.object({ score: z.number(), low: z.number(), high: z.number() });

const trial = z.object({
  id: z.string(),
  rank: z.int(),
  learningRate: z.number(),
  steps: z.int(),
  /** Of each step: nats per token that was learnt. */
  losses: z.array(z.number()),
  /** `chance`: how sure it was of the right answers; `noise`: its standard error. `forgot`: how much worse general text is predicted, as a share; of other texts than the report's. */
  rungs: z.array(
    z.object({
      steps: z.int(),
      score: z.number(),
      chance: z.number().optional(),
      noise: z.number().optional(),
      loss: z.number(),
      forgot: z.number(),
    }),
  ),
  /** `stopped`: others were better. `diverged`: its loss was no number any more. */
  state: z.enum(["waiting", "running", "stopped", "best", "diverged"]),
});
export type TrialProgress = z.output<typeof trial>;

const baseline = interval.extend({ name: z.string(), note: z.string().optional() });

/** What a run knows before its end, for the page that watches it. */
export const runProgress = z.object({
  baselines: z.array(baseline),
  trials: z.array(trial),
  /** What the best so far answers to a few examples that it was not taught. */
  samples: z.array(z.object({ steps: z.int(), input: z.string(), expected: z.string(), answer: z.string() })),
  spentMs: z.number(),
  budgetMs: z.number(),
});
export type RunProgress = z.output<typeof runProgress>;

/** What a run found out. The first fields are what scripts rely on. */
export const runReport = z.object({
  verdict: z.enum(["better", "not better", "unsure"]),
  measure: z.enum(["accuracy", "word overlap", "preferred"]),
  baselines: z.array(baseline),
  tuned: interval,
  /** Two-sided, against `comparedWith`. */
  p: z.number(),
  /** Bits per byte of general text; less is better. */
  retention: z.object({
    before: z.number(),
    after: z.number(),
    unit: z.literal("bits per byte"),
    /** The same by kind of text. */
    kinds: z.array(z.object({ name: z.string(), before: z.number(), after: z.number() })).default([]),
  }),
  /** The folder of the adapter, as peft reads it. */
  adapter: z.string(),
  seconds: z.number(),

  sentence: z.string(),
  comparedWith: z.string(),
  difference: interval,
  kind: z.enum(["labels", "text", "pairs"]),
  labels: z.array(z.string()),
  counts: z.object({ train: z.int(), validation: z.int(), heldOut: z.int() }),
  /** Whether it may be shipped, and why not. */
  gate: z.object({ passed: z.boolean(), reasons: z.array(z.string()) }),
  /** `confusion[expected][answered]`, in the order of `labels`; empty for text. */
  confusion: z.array(z.array(z.int())),
  wrong: z.array(z.object({ input: z.string(), expected: z.string(), answer: z.string(), score: z.number() })),
  /** Examples whose own label a classifier that never saw them disagrees with. */
  suspects: z.array(
    z.object({
      input: z.string(),
      label: z.string(),
      says: z.string(),
      /** Whether a tuned model that never saw it disagrees in the same way. */
      both: z.boolean().default(false),
    }),
  ),
  /** Mistakes that lie close together. `members`: positions in `wrong`. */
  clusters: z
    .array(
      z.object({ words: z.array(z.string()), expected: z.string(), answer: z.string(), members: z.array(z.int()) }),
    )
    .default([]),
  /** Texts like these would teach most: it wavers, or has nothing like them. `sure`: of its answer. */
  worth: z
    .array(
      z.object({
        input: z.string(),
        answer: z.string(),
        other: z.string(),
        sure: z.number(),
        why: z.enum(["wavers", "nothing like it"]),
      }),
    )
    .default([]),
  curve: z
    .object({
      points: z.array(z.object({ size: z.int(), score: z.number() })),
      gain: interval.extend({ more: z.int() }),
      sentence: z.string(),
    })
    .nullable()
    .default(null),
  /** Models that the held-out examples were asked of, each without those that it was asked. */
  folds: z.int().default(1),
  /** The score in each division of the examples, where they were divided more than once; `tuned` is their mean. */
  divisions: z.array(z.number()).default([]),
  /** Of the adapter; less than 1 where it forgot too much. */
  kept: z.number().default(1),
  /** What would help most. */
  advice: z.array(z.string()),
  /** What was chosen for the person, and why. */
  choices: z.array(z.object({ what: z.string(), chosen: z.string(), why: z.string() })),
  trials: z.array(trial),
  best: z.object({ trial: z.string(), rank: z.int(), learningRate: z.number(), steps: z.int() }),
  /** What the tuned model must be sent; `{{text}}` stands for the text. */
  prompt: z.string(),
});
export type RunReport = z.output<typeof runReport>;

/** A report without a word of the examples: figures, the names of labels, and what was chosen. */
export function withoutTexts(report: RunReport): RunReport {
  return { ...report, wrong: [], suspects: [], clusters: [], worth: [] };
}

/** Of a report, what lists show. */
export const runSummary = runReport.pick({ verdict: true, sentence: true, measure: true, tuned: true, p: true });
export type RunSummary = z.output<typeof runSummary>;

export const runConfig = z.object({
  /** Null: made from the labels. */
  instruction: z.string().nullable(),
  /** How much worse general text may be predicted after, as a share of before. */
  mayForget: z.number().min(0).max(1),
  /** Where it was trained. A browser keeps the examples to itself. */
  where: z.enum(["service", "browser"]).default("service"),
  /** The run whose adapter this one goes on from. */
  startFrom: z.uuid().nullable().default(null),
  /** What OpenAI's API was asked with. */
  file: z.string().nullable().default(null),
  suffix: z.string().nullable().default(null),
  metadata: z.record(z.string(), z.string()).nullable().default(null),
});
export type RunConfig = z.output<typeof runConfig>;

export const defaultConfig: RunConfig = {
  file: null,
  suffix: null,
  metadata: null,
  where: "service",
  instruction: null,
  mayForget: 0.02,
  startFrom: null,
};
