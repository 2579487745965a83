import { z } from "zod";
import { EngineError } from "../errors.ts";
import type { Hyperparameters } from "./architecture.ts";

export const count = z
  .number()
  .int("must be a whole number")
  .positive("must be positive")
  .max(2 ** 31, "is larger than any model's");
export const ratio = z.number().positive("must be positive").max(1e12, "is larger than any model's");
export const fraction = z.number().positive("must be positive").lt(1, "must be below 1");

/**
 * Relations between hyperparameters that kernels rely on.
 * @throws EngineError `bad-model` that says which do not hold.
 */
export function checkedHyperparameters(model: string, p: Hyperparameters): Hyperparameters {
  const wrong = (what: string) =>
    new EngineError("bad-model", `${model}: ${what}`, "The file is damaged or not of this architecture.");
  const counts = ["layers", "dim", "ffn", "heads", "kvHeads", "headDim", "vocabulary", "trainedContext"] as const;
  for (const name of counts) {
    const parsed = count.safeParse(p[name]);
    if (!parsed.success) throw wrong(`${name} is ${p[name]}: ${parsed.error.issues[0]?.message ?? "not allowed"}`);
  }
  if (p.heads % p.kvHeads !== 0) throw wrong(`${p.heads} query heads are not a multiple of ${p.kvHeads} key heads`);
  if (p.attention.length !== p.layers) throw wrong(`${p.attention.length} layers of attention, ${p.layers} layers`);
  for (const { rope } of p.attention) {
    if (!rope) continue;
    if (rope.dimensions % 2 !== 0 || rope.dimensions > p.headDim) {
      throw wrong(`${rope.dimensions} rotated elements do not fit heads of ${p.headDim}`);
    }
    const { scaling } = rope;
    const lists =
      scaling.kind === "longrope" ? [scaling.short, scaling.long] : scaling.kind === "factors" ? [scaling.factors] : [];
    for (const factors of lists) {
      if (factors.length !== rope.dimensions / 2) {
        throw wrong(`${factors.length} RoPE factors for ${rope.dimensions / 2} rotated pairs`);
      }
    }
  }
  return p;
}
