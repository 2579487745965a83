import { z } from "zod";

/** What a planning is asked with; apart from the work, so that who asks need not know it. */
export const tasksPlanKind = {
  kind: "tasks.plan",
  attempts: 3,
  input: z.object({
    planning: z.uuid(),
    /** As the audit log names actors. */
    actor: z.string(),
  }),
};
