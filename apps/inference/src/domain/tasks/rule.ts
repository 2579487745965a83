import { z } from "zod";

/** What happens to a task by itself. */
export const taskRule = z.object({
  /** Looks for a better plan when a model joins, when the examples change, when live traffic drifts. */
  onModel: z.boolean().default(true),
  onExamples: z.boolean().default(true),
  onDrift: z.boolean().default(true),
  /** The time that such a planning may take. */
  minutes: z.number().min(0.1).max(240).default(2),
  /** Whether what it finds ships without being asked for, to a share of the requests first. */
  ship: z.boolean().default(false),
  /** A share of its live answers is judged by an evaluator; a fall is a drift. */
  judge: z
    .object({ evaluator: z.string().min(1).max(120), share: z.number().min(0.001).max(1) })
    .nullable()
    .default(null),
  /** Other names that requests may have for it. */
  aliases: z.array(z.string()).default([]),
});
export type TaskRule = z.output<typeof taskRule>;
export const defaultRule: TaskRule = taskRule.parse({});
