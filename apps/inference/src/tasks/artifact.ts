import { chooseShots } from "@tugboat/tuning";
import { z } from "zod";
import { type PlanSpec, type Step, stepsOf } from "../domain/planner/plan.ts";

/** An example that a step may learn from, as a model is shown it. */
export interface LearntExample {
  readonly input: string;
  readonly output: string;
}

/** All that may be learnt from, with its vectors by embedding model. */
export interface Learnt {
  readonly examples: readonly LearntExample[];
  readonly vectors: ReadonlyMap<string, readonly ArrayLike<number>[]>;
}

const text = z.object({ input: z.string(), output: z.string() });
/** Examples and, in their order, vectors as base64 of 32-bit floats. */
const pool = z.object({ examples: z.array(text), vectors: z.record(z.string(), z.array(z.string())) });

/** What a plan's steps are made of: it serves by this alone, whatever becomes of the examples. */
export const artifact = z.object({
  steps: z.array(pool),
  /** What a route's classifier is fitted on, the vectors in the order of what the first answered. */
  router: z.object({ vectors: z.array(z.string()), enough: z.array(z.boolean()) }).optional(),
});
export type Artifact = z.output<typeof artifact>;
export type Pool = z.output<typeof pool>;

export function artifactOf(spec: PlanSpec, learnt: Learnt, labels: readonly string[] | undefined): Artifact {
  return { steps: stepsOf(spec).map((one) => poolOf(one, learnt, labels)) };
}

/** What one step needs of what may be learnt. */
export function poolOf(step: Step, learnt: Learnt, labels: readonly string[] | undefined): Pool {
  if (step.kind === "prompt" && step.shots === 0) return { examples: [], vectors: {} };
  if (step.kind === "prompt" && step.choose === "coverage") {
    return { examples: coveringShots(learnt.examples, labels, step.shots), vectors: {} };
  }
  const embedder = step.kind === "prompt" ? step.embedder : step.model;
  const vectors = embedder === null ? undefined : learnt.vectors.get(embedder);
  if (embedder === null || vectors === undefined) throw new Error(`there are no vectors of ${embedder}`);
  return { examples: [...learnt.examples], vectors: { [embedder]: vectors.map(packed) } };
}

/** Every label in turn; without labels the shortest first, which leave the most room. */
function coveringShots(examples: readonly LearntExample[], labels: readonly string[] | undefined, count: number) {
  if (labels !== undefined) return chooseShots(examples, labels, count);
  return [...examples]
    .sort((a, b) => a.input.length + a.output.length - b.input.length - b.output.length)
    .slice(0, count);
}

export function packed(vector: ArrayLike<number>): string {
  return Buffer.from(Float32Array.from(vector).buffer).toString("base64");
}

export function unpacked(base64: string): Float32Array {
  const bytes = Buffer.from(base64, "base64");
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
