import { z } from "zod";

/** Apart from the work itself, so that whoever begins an evaluation does not load what runs it. */
export const evaluationKind = {
  kind: "evaluations.run",
  attempts: 5,
  input: z.object({ evaluation: z.string() }),
} as const;
