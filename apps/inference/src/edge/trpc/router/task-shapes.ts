import { z } from "zod";
import { figures } from "../../../domain/planner/figures.ts";
import { planProgress, planReport } from "../../../domain/planner/report.ts";
import { taskName } from "../../../domain/tasks/document.ts";
import { taskRule } from "../../../domain/tasks/rule.ts";
import { id, moment } from "../shapes.ts";

export const name = taskName;

const fileName = z.string().max(300);

/** A person's examples: a file's bytes, so that its encoding is found out in one place, or a file that was sent before. */
export const file = z.union([
  z.object({
    name: fileName,
    base64: z
      .base64("The examples come as base64.")
      .max(900_000, "At most 670 kB of examples at once; send a larger file to /api/dataset-files and name its id."),
  }),
  /** By the id with which `/api/dataset-files` answered. */
  z.object({ name: fileName, upload: id }),
]);

const fieldType: z.ZodType = z.lazy(() =>
  z.union([
    z.string(),
    z.object({ enum: z.array(z.string()) }),
    z.object({ list: fieldType }),
    z.object({ object: z.record(z.string(), fieldType) }),
  ]),
);

/** A task as it is declared. */
export const document = z.object({
  task: z.string(),
  instruction: z.string(),
  input: z.record(z.string(), z.unknown()),
  output: z.record(z.string(), z.unknown()),
  examples: z.string(),
  measure: z.string(),
  require: planReport.shape.require,
  prefer: z.enum(["quality", "latency", "cost"]),
  confidence: z.number(),
});

export const planning = z.object({
  id,
  reason: z.string(),
  cause: z.string().nullable(),
  minutes: z.number(),
  state: z.enum(["queued", "running", "done", "failed", "cancelled"]),
  jobId: id.nullable(),
  progress: planProgress.nullable(),
  plan: z.int().nullable(),
  proposal: z.string().nullable(),
  error: z.string().nullable(),
  hint: z.string().nullable(),
  createdBy: z.string(),
  createdByName: z.string().nullable(),
  createdAt: moment,
  finishedAt: moment.nullable(),
});

const measured = z.object({
  plan: z.int().nullable(),
  name: z.string(),
  figures,
  /** Keys of its steps' measurements: what the evidence is asked by. */
  steps: z.array(z.string()),
});

/** A better plan that was found by itself, beside what serves, both measured on the same examples. */
export const proposal = planning.extend({
  task: z.string(),
  sentence: z.string(),
  tree: z.string(),
  measure: z.string(),
  found: measured.nullable(),
  serving: measured.nullable(),
});

export const release = z.object({
  number: z.int(),
  plan: z.int(),
  share: z.int(),
  previous: z.int().nullable(),
  /** Asked too, while the previous one answers everything. */
  shadow: z.boolean(),
  action: z.string(),
  note: z.string(),
  createdBy: z.string(),
  createdByName: z.string().nullable(),
  createdAt: moment,
});

/** What live traffic of a plan did, beside what was promised. */
export const live = z.object({
  plan: z.int(),
  hours: z.int(),
  requests: z.int(),
  failed: z.int(),
  cached: z.int(),
  escalated: z.int(),
  /** Of a plan in the shadow: answers held against what was answered, and the share that was the same. */
  compared: z.int(),
  agreement: z.number().nullable(),
  latencyP95Ms: z.number().nullable(),
  costPer1kUsd: z.number().nullable(),
  promise: figures,
  /** Each hour's requests, the oldest first. */
  series: z.array(z.object({ hour: moment, requests: z.int(), latencyP95Ms: z.number().nullable() })),
});

export const card = z.object({
  id,
  name,
  instruction: z.string(),
  version: z.int(),
  /** What serves. */
  plan: z.int().nullable(),
  share: z.int().nullable(),
  planName: z.string().nullable(),
  figures: figures.nullable(),
  measure: z.string(),
  proposals: z.int(),
  planning: z.object({ id, stage: z.string(), state: planning.shape.state }).nullable(),
  updatedAt: moment,
});

export const detail = z.object({
  id,
  name,
  version: z.int(),
  document,
  yaml: z.string(),
  examples: z.object({
    /** Where they are from. */
    source: z.string(),
    /** Null where a dataset holds them. */
    count: z.int().nullable(),
    preview: z.array(z.object({ input: z.string(), output: z.string() })),
  }),
  rule: taskRule,
  /** What is to be said of the models that serve it: deprecated, or a preview. */
  notices: z.array(z.string()),
  /** What judges a share of its live answers, and what they are worth so far. */
  judges: z.array(z.object({ evaluator: z.string(), share: z.number(), judged: z.int(), mean: z.number().nullable() })),
  versions: z.array(
    z.object({ number: z.int(), createdBy: z.string(), createdByName: z.string().nullable(), createdAt: moment }),
  ),
  plannings: z.array(planning),
  releases: z.array(release),
  /** The newest that has ended. */
  report: planReport.nullable(),
  reportId: id.nullable(),
  tree: z.string().nullable(),
  live: z.array(live),
});

export const evidence = z.object({
  name: z.string(),
  answers: z.array(
    z.object({
      input: z.string(),
      expected: z.string(),
      answer: z.string(),
      score: z.number(),
      confidence: z.number().nullable(),
      latencyMs: z.number(),
      costMicroUsd: z.number(),
    }),
  ),
});
