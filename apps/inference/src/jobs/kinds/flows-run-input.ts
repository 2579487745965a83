import { z } from "zod";

/** What a run is asked with; apart from the work, so that who asks need not know it. */
export const flowsRunKind = {
  kind: "flows.run",
  attempts: 3,
  input: z.object({
    run: z.uuid(),
    /** Whoever began it waits for it: its steps take their turns beside other people's, not behind them. */
    isAwaited: z.boolean().default(false),
  }),
};

export const flowsPlanKind = {
  kind: "flows.plan",
  attempts: 3,
  input: z.object({ flow: z.uuid(), plan: z.int(), actor: z.string() }),
};

export const documentsEmbedKind = {
  kind: "documents.embed",
  attempts: 5,
  input: z.object({ collection: z.uuid() }),
};
