import { z } from "zod";
import { runProgress } from "../report.ts";
import type { RunPlace } from "./spec.ts";

/** `chances` of the labels, in their order, where answers are labels. */
const answer = z.object({ text: z.string(), score: z.number(), chances: z.array(z.number()).optional() });
const measured = z.object({ name: z.string(), note: z.string().optional(), answers: z.array(answer) });
export type Answer = z.output<typeof answer>;

/** A model trained with the chosen settings, and what it answers to examples that it did not learn. */
const fit = z.object({
  name: z.string(),
  /** How many examples it learnt from. */
  size: z.int(),
  steps: z.int(),
  /** Of each step. */
  losses: z.array(z.number()),
  /** How much of the adapter was kept, so that it does not forget more than it may. */
  kept: z.number(),
  /** By position in the examples. */
  answers: z.array(z.object({ position: z.int(), answer })),
  isDone: z.boolean(),
});
export type Fit = z.output<typeof fit>;

/** What a run has finished for good. */
const runState = z.object({
  /** Positions in the examples, when fewer are held out than the split says. */
  heldOut: z.array(z.int()),
  baselines: z.array(measured),
  skipped: z.array(z.object({ name: z.string(), note: z.string() })),
  suspects: z.array(z.object({ index: z.int(), says: z.string() })).nullable(),
  retentionBefore: z
    .object({ all: z.number(), kinds: z.array(z.object({ name: z.string(), score: z.number() })) })
    .nullable(),
  /** Of the general texts that choosing looks at: bits per byte before. */
  reminderBefore: z.number().nullable(),
  /** What the base model writes by itself, as tokens: learnt along, so that it forgets less. */
  replay: z.array(z.array(z.int())),
  plan: z
    .object({
      settings: z.array(z.object({ id: z.string(), rank: z.int(), learningRate: z.number() })),
      rungs: z.array(z.int()),
      batchSize: z.int(),
      stepMs: z.number(),
      /** What must follow the trials. */
      reserveMs: z.number(),
    })
    .nullable(),
  trials: runProgress.shape.trials,
  fits: z.array(fit),
  /** How long each fit is trained. */
  fitSteps: z.int().nullable(),
  samples: runProgress.shape.samples,
  /** How the optimizer's moments lie in the checkpoints: a run goes on as it began. */
  moments: z.enum(["f32", "packed"]).default("f32"),
  spentMs: z.number(),
});
export type RunState = z.output<typeof runState>;
export type Measured = z.output<typeof measured>;

export const freshState: RunState = {
  heldOut: [],
  baselines: [],
  skipped: [],
  suspects: null,
  retentionBefore: null,
  reminderBefore: null,
  replay: [],
  plan: null,
  trials: [],
  fits: [],
  fitSteps: null,
  samples: [],
  moments: "packed",
  spentMs: 0,
};

/** In the run's place. */
export const stateName = "state.json";

/** The state as the last process left it. */
export async function readState(place: RunPlace): Promise<RunState> {
  const bytes = await place.read(stateName);
  return bytes === undefined
    ? structuredClone(freshState)
    : runState.parse(JSON.parse(new TextDecoder().decode(bytes)));
}

/** Whole or not at all, whenever the process dies. */
export function writeState(place: RunPlace, state: RunState): Promise<void> {
  return place.write(stateName, new TextEncoder().encode(JSON.stringify(state)));
}
