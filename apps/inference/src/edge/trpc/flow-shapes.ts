import { flowRunStates } from "@tugboat/db";
import { z } from "zod";
import { flowName } from "../../domain/flows/document.ts";
import { stepKinds } from "../../domain/flows/steps.ts";
import { id, moment } from "./shapes.ts";

export const name = flowName;
export const yaml = z.string().max(400_000, "A flow's document has at most 400,000 characters.");
export const problem = z.object({
  message: z.string(),
  hint: z.string(),
  line: z.int().nullable(),
  column: z.int().nullable(),
});

export const graphStep = z.object({
  path: z.string(),
  name: z.string(),
  kind: z.enum(stepKinds),
  subject: z.string(),
  needs: z.array(z.string()),
  within: z.string().nullable(),
  part: z.string().nullable(),
  output: z.string(),
  fields: z.record(z.string(), z.string()),
  ways: z.array(z.string()),
});

export const run = z.object({
  id,
  flow: z.string(),
  version: z.int(),
  state: z.enum(flowRunStates),
  createdBy: z.string(),
  createdByName: z.string(),
  createdAt: moment,
  startedAt: moment.nullable(),
  finishedAt: moment.nullable(),
  /** The sentence it failed with. */
  problem: z.string().nullable(),
});

export const runStep = z.object({
  /** Where in the graph: find, each[3].ask. */
  path: z.string(),
  kind: z.string(),
  state: z.enum(["running", "waiting", "done", "failed"]),
  attempts: z.int(),
  callId: id,
  output: z.unknown(),
  error: z.string().nullable(),
  cached: z.boolean(),
  costMicroUsd: z.number(),
  inputTokens: z.int(),
  outputTokens: z.int(),
  cachedTokens: z.int(),
  durationMs: z.number(),
  startedAt: moment,
  finishedAt: moment.nullable(),
});

export const runDetail = run.extend({
  input: z.unknown(),
  output: z.unknown(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string(), step: z.string().nullable() }).nullable(),
  choices: z.record(z.string(), z.int()),
  job: id.nullable(),
  steps: z.array(runStep),
  costMicroUsd: z.number(),
});

export const plan = z.object({
  number: z.int(),
  version: z.int(),
  job: id.nullable(),
  choices: z.record(z.string(), z.int()).nullable(),
  report: z.unknown(),
  createdAt: moment,
  finishedAt: moment.nullable(),
});

export const card = z.object({
  name: z.string(),
  description: z.string(),
  version: z.int(),
  steps: z.int(),
  plan: z.int().nullable(),
  /** As requests name it. */
  model: z.string(),
  waiting: z.int(),
  last: run.nullable(),
  updatedAt: moment,
});

export const field = z.object({ name: z.string(), type: z.unknown(), said: z.string() });

export const detail = card.extend({
  yaml: z.string(),
  graph: z.array(graphStep),
  /** What is wrong with it now, though it was right when it was written: a task or a collection is gone. */
  problem: problem.nullable(),
  input: z.array(field),
  output: z.string(),
  require: z.object({
    quality: z.number().optional(),
    latencyP95Ms: z.number().optional(),
    costPer1kUsd: z.number().optional(),
  }),
  prefer: z.enum(["quality", "latency", "cost"]),
  questions: z.string().nullable(),
  choices: z.record(z.string(), z.int()),
  versions: z.array(z.object({ number: z.int(), createdBy: z.string(), createdByName: z.string(), createdAt: moment })),
  plans: z.array(plan),
});
