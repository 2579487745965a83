import { createHash } from "node:crypto";
import { z } from "zod";

/** Asks a model, with shots of the examples that it may see. */
export const promptStep = z.object({
  kind: z.literal("prompt"),
  model: z.string(),
  shots: z.int().min(0),
  /** `coverage`: the same for every request, every label shown; `nearest`: those most like the input. */
  choose: z.enum(["coverage", "nearest"]),
  /** What finds the nearest. */
  embedder: z.string().nullable(),
  /**
   * `own`: the person's words; `listed`: and what may be answered; `tuned`: the words a tuned model was taught by;
   * `rewritten`: another model's words for the same.
   */
  wording: z.enum(["own", "listed", "tuned", "rewritten"]),
  /** The words of `tuned` and `rewritten`. */
  instruction: z.string().nullable(),
  /** Whether no other answer than a valid one can be given. */
  constrained: z.boolean(),
  maxTokens: z.int().min(1),
  /** Answers are drawn so many times, and the one that agrees most with the others is given; absent: one, the likeliest. */
  samples: z.int().min(2).max(32).optional(),
});

/** Answers as the examples most like the input are answered. */
export const nearestStep = z.object({ kind: z.literal("nearest"), model: z.string(), neighbours: z.int().min(1) });

/** A linear classifier on embeddings. */
export const linearStep = z.object({ kind: z.literal("linear"), model: z.string() });

export const step = z.discriminatedUnion("kind", [promptStep, nearestStep, linearStep]);
export type Step = z.output<typeof step>;
export type PromptStep = z.output<typeof promptStep>;

export const planSpec = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("single"), step, cache: z.boolean() }),
  z.object({
    kind: z.literal("cascade"),
    first: step,
    /** The least confidence with which the first answers alone, from 0 to 1. */
    threshold: z.number(),
    rest: step,
    cache: z.boolean(),
  }),
  z.object({
    kind: z.literal("route"),
    /** The model whose embeddings the classifier reads. */
    embedder: z.string(),
    first: step,
    /** The least chance that the first is good enough, with which it is asked; else the rest is, never both. */
    threshold: z.number(),
    rest: step,
    cache: z.boolean(),
  }),
]);
export type PlanSpec = z.output<typeof planSpec>;

export function stepsOf(spec: PlanSpec): readonly Step[] {
  return spec.kind === "single" ? [spec.step] : [spec.first, spec.rest];
}

/** Every model that a plan asks, those that embed included. */
export function modelsOf(spec: PlanSpec): string[] {
  const asked = stepsOf(spec).flatMap((one) => [
    one.model,
    ...(one.kind === "prompt" && one.embedder !== null ? [one.embedder] : []),
  ]);
  return [...new Set([...asked, ...(spec.kind === "route" ? [spec.embedder] : [])])];
}

/** `tug-small, 4-shot`, as people read it. */
export function stepName(one: Step): string {
  switch (one.kind) {
    case "nearest":
      return one.neighbours === 1
        ? `nearest neighbour (${one.model})`
        : `${one.neighbours} nearest neighbours (${one.model})`;
    case "linear":
      return `linear classifier (${one.model})`;
    case "prompt": {
      const notes = [
        ...(one.choose === "nearest" && one.shots > 0 ? ["nearest"] : []),
        ...(one.wording === "listed" ? ["answers listed"] : []),
        ...(one.wording === "rewritten" ? [`reworded: "${beginning(one.instruction ?? "")}"`] : []),
        ...(one.samples === undefined ? [] : [`best of ${one.samples}`]),
        ...(one.constrained ? [] : ["free"]),
      ];
      return `${one.model}, ${one.shots}-shot${notes.length === 0 ? "" : ` (${notes.join(", ")})`}`;
    }
  }
}

function beginning(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}

export function planName(spec: PlanSpec): string {
  switch (spec.kind) {
    case "single":
      return stepName(spec.step);
    case "cascade":
      return `cascade: ${stepName(spec.first)} → ${stepName(spec.rest)}`;
    case "route":
      return `route: ${stepName(spec.first)} or ${stepName(spec.rest)}`;
  }
}

export function routerName(embedder: string): string {
  return `classifier on embeddings (${embedder})`;
}

/**
 * Names a step with everything that its answers depend on, so that a kept measurement is never taken for another's.
 * @param basis digests of the instruction, the fields and the examples that it may learn from
 */
export function stepKey(one: Step, basis: { readonly words: string; readonly learnt: string }): string {
  const learns = one.kind !== "prompt" || one.shots > 0;
  const text = JSON.stringify([Object.entries(one).sort(), basis.words, learns ? basis.learnt : ""]);
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}
