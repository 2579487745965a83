import { z } from "zod";

/** The steps of the guided tour, in their order; a role that may not do one of them skips it. */
export const tourSteps = ["served", "key", "invite", "ask"] as const;

/** What the console remembers for one person. Null: it was never set. */
export const preferences = z.object({
  /** How far the guided tour has come: `later` was put off and can be gone on with. */
  tour: z.object({ step: z.enum(tourSteps), state: z.enum(["open", "later", "done"]) }).nullable(),
});

export type Preferences = z.output<typeof preferences>;
