import { z } from "zod";
import type { TensorSpec } from "../architectures/architecture.ts";
import { EngineError } from "../errors.ts";

/** Matrices that an adapter can have, by the names that peft uses. */
export const projections = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"] as const;
export type Projection = (typeof projections)[number];

/** What is trained. */
export type TrainingMethod =
  /**
   * Low-rank adapters (Hu et al. 2021, https://arxiv.org/abs/2106.09685) of frozen matrices in any type of a model file:
   * W + alpha / rank · B · A. Over q8_0, q4_0 or q4_K this is QLoRA (Dettmers et al. 2023).
   */
  | {
      readonly kind: "lora";
      /** 1 … 256. */
      readonly rank: number;
      /** Default: twice the rank. */
      readonly alpha?: number;
      /** Default: all. */
      readonly targets?: readonly Projection[];
    }
  /** Every tensor, in f32. */
  | { readonly kind: "full" };

const methodSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("lora"),
    rank: z.number().int().min(1).max(256),
    alpha: z.number().positive().optional(),
    targets: z.array(z.enum(projections)).min(1).readonly().optional(),
  }),
  z.object({ kind: z.literal("full") }),
]);

export type ResolvedMethod =
  | {
      readonly kind: "lora";
      readonly rank: number;
      readonly alpha: number;
      readonly targets: readonly Projection[];
    }
  | { readonly kind: "full" };

/** @throws EngineError `bad-request` */
export function parseMethod(method: TrainingMethod): ResolvedMethod {
  const parsed = methodSchema.safeParse(method);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new EngineError("bad-request", `method.${issue?.path.join(".") ?? ""}: ${issue?.message ?? "is not known"}`);
  }
  const { data } = parsed;
  if (data.kind === "full") return data;
  const targets = projections.filter((one) => data.targets?.includes(one) ?? true);
  return { kind: "lora", rank: data.rank, alpha: data.alpha ?? 2 * data.rank, targets };
}

/** Which projection a tensor is, undefined when adapters cannot have it. */
export function projectionOf({ hf }: TensorSpec): Projection | undefined {
  if (hf.row !== undefined) return undefined;
  const name = /\.([a-z]+_proj)\.weight$/.exec(hf.name)?.[1];
  return projections.find((one) => one === name);
}
