import { z } from "zod";
import { evaluatorSpec } from "../evaluators/spec.ts";

/** What is compared: anything that the API serves by a name, with what it is told. */
export const candidateSpec = z.object({
  /** As pages and reports call it. */
  name: z.string().trim().min(1).max(120),
  /** A model, an alias, `upstream/model`, `prompt:name@label` or `task:name`. */
  model: z.string().trim().min(1).max(512),
  /** `name@label` or `name@3`: that prompt's words, said to `model` in place of the prompt's own. */
  prompt: z.string().trim().min(1).max(300).optional(),
  /** Said before each example; `{{field}}` stands for a field of its input. */
  instruction: z.string().max(20_000).optional(),
  temperature: z.number().min(0).max(2).default(0),
  maxTokens: z.int().min(1).max(8192).default(256),
});
export type Candidate = z.output<typeof candidateSpec>;

/** A candidate as it was when the evaluation began: labels may have moved since. */
const pinnedCandidate = candidateSpec.extend({
  /** `name@3`: what the prompt's label meant. */
  pinned: z.string().optional(),
  /** The name under which the API serves the very same; absent where it is served under none. */
  stands: z.string().optional(),
});
export type PinnedCandidate = z.output<typeof pinnedCandidate>;

export const namedEvaluator = z.object({ name: z.string().min(1).max(120), spec: evaluatorSpec });
export type NamedEvaluator = z.output<typeof namedEvaluator>;

/** How an evaluation is run: what its row keeps. */
export const evaluationConfig = z.object({
  candidates: z.array(pinnedCandidate).min(1).max(8),
  /** The first one decides. */
  evaluators: z.array(namedEvaluator).min(1).max(8),
  split: z.enum(["train", "validation", "test"]).nullable().default(null),
  /** At most so many examples, chosen by their content; null: all. */
  limit: z.int().min(1).nullable().default(null),
  /** Ends by itself when the answer is clear, by a test that stays valid while it is looked at. */
  stopEarly: z.boolean().default(false),
});
export type EvaluationConfig = z.output<typeof evaluationConfig>;

export class EvaluationError extends Error {
  override readonly name = "EvaluationError";
  readonly code: "invalid" | "not-found" | "not-ready" | "refused";
  readonly hint: string;

  constructor(code: EvaluationError["code"], message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
