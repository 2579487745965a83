import { z } from "zod";

/** What a tuning run is asked with; apart from the work, so that who asks need not know the engine. */
export const tuningKind = {
  kind: "tuning.run",
  attempts: 3,
  input: z.object({
    run: z.uuid(),
    /** As the audit log names actors. */
    actor: z.string(),
  }),
};
