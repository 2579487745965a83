import { z } from "zod";
import { EngineError } from "../errors.ts";
import type { ResolvedMethod } from "./method.ts";
import type { OptimizerOptions } from "./types.ts";

export type ResolvedOptimizer = Required<OptimizerOptions>;

const warmup = z.number().int().nonnegative().optional();
const momentum = z.number().min(0).lt(1);

const optimizerSchema = z.object({
  learningRate: z.number().positive().max(10).optional(),
  beta1: momentum.default(0.9),
  beta2: momentum.default(0.999),
  epsilon: z.number().positive().default(1e-8),
  weightDecay: z.number().min(0).default(0),
  clip: z.number().min(0).default(1),
  moments: z.enum(["f32", "packed"]).default("f32"),
  schedule: z
    .discriminatedUnion("kind", [
      z.object({ kind: z.literal("constant"), warmup }),
      z.object({
        kind: z.literal("cosine"),
        steps: z.number().int().positive(),
        warmup,
        floor: z.number().min(0).max(1).optional(),
      }),
      z.object({
        kind: z.literal("trapezoid"),
        steps: z.number().int().positive(),
        hold: z.number().min(0).lt(1),
        warmup,
        floor: z.number().min(0).max(1).optional(),
      }),
    ])
    .default({ kind: "constant" }),
});

/** @throws EngineError `bad-request` that names the option. */
export function parseOptimizer(options: OptimizerOptions, method: ResolvedMethod): ResolvedOptimizer {
  const parsed = optimizerSchema.safeParse(options);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new EngineError("bad-request", `optimizer.${issue?.path.join(".") ?? ""}: ${issue?.message ?? "is wrong"}`);
  }
  return { ...parsed.data, learningRate: parsed.data.learningRate ?? (method.kind === "lora" ? 1e-3 : 3e-4) };
}
